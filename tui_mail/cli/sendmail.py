"""Send a message from stdin, called as sendmail is: by git send-email, cron, mail, mutt.

Its recipients are those named; with -t they are those of To, Cc and Bcc, and the ones
named besides. An address without a domain is the account's own. Where its From has no
domain or is missing, the first account that can send does it. Options of sendmail that
mean nothing here are taken and not heeded.
"""

import argparse

from tui_mail.cli.message_input import read_message
from tui_mail.cli.send import add_sending_arguments
from tui_mail.cli.sending import Wanted, send
from tui_mail.cli.session import Session
from tui_mail.model.error import UsageError

_INTO_THE_QUEUE = ("dq", "dd")
_INSTEAD = {"p": "tui-mail outbox shows what waits"}
"""What modes of sendmail are here."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("recipients", nargs="*", metavar="RCPT")
    parser.add_argument(
        "-t", dest="from_headers", action="store_true", help="to whom To, Cc, Bcc say"
    )
    parser.add_argument(
        *("-i", "-oi"),
        dest="dots",
        action="store_true",
        help="a line with a dot alone does not end the message",
    )
    for name in ("-f", "-r"):
        parser.add_argument(
            name,
            dest="sender",
            metavar="ADDR",
            help="who hears of it if it cannot be delivered; <> is nobody",
        )
    parser.add_argument(
        "-F", dest="name", metavar="NAME", help="the name in a From that is missing"
    )
    parser.add_argument("-o", dest="options", action="append", default=[], metavar="X")
    parser.add_argument("-b", dest="mode", default="m", metavar="m")
    for name in ("-B", "-L", "-N", "-O", "-R", "-V", "-X"):
        parser.add_argument(name, dest="ignored", help=argparse.SUPPRESS)
    for name in ("-G", "-U", "-m", "-n"):
        parser.add_argument(
            name, dest="ignored", action="store_true", help=argparse.SUPPRESS
        )
    add_sending_arguments(parser)


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Send it."""
    if arguments.mode != "m":
        why = _INSTEAD.get(arguments.mode, "only mail is taken here, from stdin")
        raise UsageError(f"-b{arguments.mode}: {why}")
    if not (arguments.from_headers or arguments.recipients):
        raise UsageError("who gets it? name them, or -t for To, Cc and Bcc")
    octets = read_message("-", dot_ends=not arguments.dots)
    return send(
        session,
        octets,
        Wanted(
            account=arguments.account,
            queue=arguments.queue
            or any(option in _INTO_THE_QUEUE for option in arguments.options),
            recipients=tuple(arguments.recipients) or None,
            from_headers=arguments.from_headers,
            sender=arguments.sender,
            name=arguments.name or "",
            by_program=True,
        ),
    )
