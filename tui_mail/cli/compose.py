"""Write a message: opens the composer, filled in as far as you say.

Of a mailto: link only to, cc, subject, body and in-reply-to are taken.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from tui_mail.cli.session import Session
from tui_mail.cli.stored_message import StoredMessage
from tui_mail.cli.targets import parse_id
from tui_mail.compose.beginning import (
    ToWrite,
    joined,
    linked,
    new_message,
    not_taken,
)
from tui_mail.compose.draft import Draft
from tui_mail.compose.files import attachment_of
from tui_mail.compose.identity import Identity, identity_of
from tui_mail.compose.mailto import draft_fields_of, is_mailto
from tui_mail.compose.original import Original
from tui_mail.compose.replying import reply
from tui_mail.config.settings import Account
from tui_mail.mime.render import Renderer
from tui_mail.model.displayable import displayable, displayable_lines
from tui_mail.model.error import MailError, UsageError
from tui_mail.model.readable import ReadableText

_LARGEST_BODY = 5_000_000
"""Octets of a text that one writes on."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument(
        "to", nargs="*", metavar="ADDR", help="who gets it; or a mailto: link"
    )
    parser.add_argument("--subject", metavar="TEXT")
    for name in ("--cc", "--bcc"):
        parser.add_argument(name, action="append", metavar="ADDR", default=[])
    parser.add_argument(
        "--attach", action="append", metavar="FILE", default=[], help="a file"
    )
    parser.add_argument("--body", metavar="FILE", help="a file with the text")
    parser.add_argument("--reply", metavar="ID", help="answer this message")
    parser.add_argument("--account", metavar="NAME", help="the account that sends it")
    parser.add_argument("--offline", action="store_true", help="open no connection")
    parser.add_argument("--read-only", action="store_true", help=argparse.SUPPRESS)


def begin(session: Session, arguments: argparse.Namespace) -> ToWrite:
    """Begin the message.

    Raises UsageError, NotFound, and MailError for a file that cannot be read.
    """
    attachments = tuple(attachment_of(Path(name)) for name in arguments.attach)
    text = _text_of(arguments.body) if arguments.body is not None else ""
    links = [draft_fields_of(word) for word in arguments.to if is_mailto(word)]
    named = [word for word in arguments.to if not is_mailto(word)]
    if arguments.reply is not None:
        draft, note = _answer(session, arguments)
    else:
        identity = _identity(session, _sender(session, arguments.account))
        draft, note = new_message(identity), ""
    for link in links:
        draft = linked(draft, link)
        text = "\n".join(filter(None, [text.rstrip("\n"), link.body]))
    draft = replace(
        draft,
        to=joined(draft.to, *named),
        cc=joined(draft.cc, *arguments.cc),
        bcc=joined(draft.bcc, *arguments.bcc),
        body=text.rstrip("\n") + draft.body,
        attachments=(*draft.attachments, *attachments),
    )
    if arguments.subject is not None:
        draft = replace(draft, subject=displayable(arguments.subject))
    return ToWrite(draft, displayable(not_taken(links) or note))


def _sender(session: Session, name: str | None) -> Account:
    """Find who writes: the named account, or the first that can send."""
    if name is not None:
        return session.account(name)
    accounts = session.accounts()
    return next((one for one in accounts if one.smtp is not None), accounts[0])


def _identity(session: Session, account: Account) -> Identity:
    return identity_of(account, session.settings.accounts.values())


def _answer(session: Session, arguments: argparse.Namespace) -> tuple[Draft, str]:
    account, number = parse_id(session, arguments.reply)
    if arguments.account is not None and session.account(arguments.account) != account:
        raise UsageError(f"{arguments.reply} is answered from {account.name}")
    text: ReadableText | None = None
    note = ""
    with Renderer(spare=False) as renderer:
        shown = StoredMessage(
            session, account, number, renderer, offline=arguments.offline
        )
        headers = shown.headers()
        try:
            text = shown.readable()
        except MailError as error:
            note = f"Its text is not quoted: {error.line}"
    original = Original(message=number, headers=headers, text=text)
    return reply(original, _identity(session, account)), note


def _text_of(name: str) -> str:
    """Read the file with the text; raises MailError."""
    path = Path(name)
    try:
        with path.open("rb") as file:
            octets = file.read(_LARGEST_BODY + 1)
    except OSError as error:
        raise MailError(f"{path}: {error.strerror}") from None
    if len(octets) > _LARGEST_BODY:
        raise MailError(f"{path}: it is too long for a text; --attach sends it as file")
    text = octets.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return displayable_lines(text)
