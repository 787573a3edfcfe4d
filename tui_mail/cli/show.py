"""Print a message: as the viewer shows it, its parts, its headers, or its octets.

ID is ACCOUNT/NUMBER as search prints it, or the path of a message file, or - for stdin.
"""

import argparse
from collections.abc import Sequence

from tui_mail.cli import output
from tui_mail.cli.opening import open_message
from tui_mail.cli.session import Session
from tui_mail.cli.showing import Shown
from tui_mail.cli.values import address_line, addresses, rfc3339
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.error import NotFound
from tui_mail.model.ids import WHOLE, PartId
from tui_mail.model.readable import ReadableText
from tui_mail.model.sizes import size_text

_COUNTED = ("From", "To", "Cc", "Date", "Subject")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("id", metavar="ID")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="one object")
    how.add_argument(
        "--raw", action="store_true", help="the exact octets; safe text on a terminal"
    )
    how.add_argument("--part", metavar="PART_ID", help="that part, decoded, as in 2.1")
    how.add_argument("--headers", action="store_true", help="all header fields")
    parser.add_argument("--offline", action="store_true", help="open no connection")


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Print the message."""
    with open_message(session, arguments.id, offline=arguments.offline) as message:
        if arguments.raw:
            output.octets(message.whole())
        elif arguments.part is not None:
            output.octets(_part(message, arguments.part))
        elif arguments.headers:
            output.lines("".join(f"{n}: {value}\n" for n, value in message.fields()))
        elif arguments.json:
            output.json_object(_object(message))
        else:
            output.lines(_page(message))
    return 0


def _part(message: Shown, part_id: str) -> bytes:
    if not part_id:
        return message.whole()
    for part in message.structure().walk():
        if part.part_id == part_id and part.part_id != WHOLE:
            return message.part(part)
    known = ", ".join(p.part_id for p in message.structure().walk() if p.part_id)
    raise NotFound(f"there is no part {part_id}; there are: {known}")


def _object(message: Shown) -> dict[str, object]:
    # Where it has to be fetched, the header fields come with it.
    readable = message.readable()
    envelope = message.envelope()
    text = str(readable.text)
    return {
        "id": message.id,
        "account": message.account_name,
        "mailbox": message.mailbox_name,
        "headers": [[name, value] for name, value in message.fields()],
        "subject": envelope.subject,
        "from": addresses(envelope.from_),
        "to": addresses(envelope.to),
        "cc": addresses(envelope.cc),
        "date": rfc3339(envelope.date) if envelope.date else None,
        "text": text[: output.LARGEST // 4],
        "parts": [_part_object(part, message) for part in message.structure().walk()],
        "links": [{"text": link.text, "url": link.url} for link in readable.links],
        "warnings": [*_doubts(message), *readable.warnings, *_cut(readable)],
    }


def _part_object(part: BodyPart, message: Shown) -> dict[str, object]:
    return {
        "part_id": part.part_id,
        "type": part.type,
        "filename": part.filename or None,
        "size": part.size,
        "charset": part.charset or None,
        "disposition": part.disposition or None,
        "downloaded": message.downloaded(part.part_id),
    }


def _page(message: Shown) -> str:
    """Write what the viewer shows: header fields, warnings, text, attachments."""
    # Where it has to be fetched, the header fields come with it.
    readable = message.readable()
    envelope = message.envelope()
    date = envelope.date
    values = (
        address_line(envelope.from_),
        address_line(envelope.to),
        address_line(envelope.cc),
        date.astimezone().strftime("%a, %d %b %Y %H:%M %z") if date else "",
        envelope.subject,
    )
    heads = [
        f"{name + ':':<9}{value}\n"
        for name, value in zip(_COUNTED, values, strict=True)
        if value
    ]
    found = message.authentication()
    trusted = [f"= {found.words}\n"] if found and not found.failed else []
    warnings = [f"! {line}\n" for line in (*_doubts(message), *readable.warnings)]
    links = [f"[{n}] {link.url}\n" for n, link in enumerate(readable.links, 1)]
    cut = [f"{line}\n" for line in _cut(readable)]
    below = [*cut, *links, *_attachments(message.structure())]
    text = readable.text if readable.text.endswith("\n") else f"{readable.text}\n"
    return "".join(
        [*heads, *trusted, *warnings, "\n", text, *(["\n", *below] if below else [])]
    )


def _doubts(message: Shown) -> list[Displayable]:
    """Say what the own server doubts of the sender."""
    found = message.authentication()
    return [found.words] if found and found.failed else []


def _cut(readable: ReadableText) -> list[Displayable]:
    """Say where the text is not all that there is."""
    said = own("It is longer than what is shown here; --raw prints its source.")
    return [said] if readable.cut else []


def _attachments(structure: BodyPart) -> Sequence[str]:
    return [
        f"@ {part.part_id}  {part.filename or Displayable('(no name)')}  "
        f"{part.type}  {size_text(part.decoded_size)}\n"
        for part in structure.walk()
        if part.is_attachment and part.part_id != PartId("")
    ]
