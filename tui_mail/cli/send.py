"""Send a message (RFC 5322) out of a file, or from stdin, at once.

It goes through the account whose address is its From, by way of the outbox: what cannot
go now waits there. Bcc is heeded and left out of what is sent; Date, Message-ID and MIME
fields are added where they are missing.
"""

import argparse

from tui_mail.cli.message_input import read_message
from tui_mail.cli.sending import Wanted, send
from tui_mail.cli.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "file", nargs="?", default="-", metavar="FILE", help="- or nothing is stdin"
    )
    add_sending_arguments(parser)


def add_sending_arguments(parser: argparse.ArgumentParser) -> None:
    """Say how it is sent."""
    parser.add_argument(
        "--account", metavar="NAME", help="the account that sends it, whatever its From"
    )
    parser.add_argument(
        "--queue", action="store_true", help="leave it for the next synchronization"
    )


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Send it."""
    octets = read_message(arguments.file)
    wanted = Wanted(account=arguments.account, queue=arguments.queue)
    return send(session, octets, wanted)
