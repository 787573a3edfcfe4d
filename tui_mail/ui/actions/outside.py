"""What leaves the reader: links to a browser, text to the clipboard."""

import asyncio
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tui_mail.compose.mailto import is_mailto
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.error import MailError
from tui_mail.model.readable import Link
from tui_mail.ui.content import with_address
from tui_mail.ui.screens.picker import Item, Picker

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_SCHEMES = ("https://", "http://", "mailto:")
_CLIPBOARD = 74_000
"""Octets that terminals take into the clipboard; some take no more."""


async def open_link(app: "MailApp") -> None:
    """Open one of the message's links with the system's program for it."""
    loaded = await app.reading.current()
    text = loaded.content.text if loaded is not None else None
    links = text.links if text is not None else ()
    if not links:
        app.say(own("This message has no links."))
        return
    items = [
        Item(own(f"[{place}] {link.url}"), _other(link), link.url)
        for place, link in enumerate(links, 1)
    ]
    chosen = await app.ask(Picker("Open a link", items))
    if not isinstance(chosen, str):
        return
    if not chosen.lower().startswith(_SCHEMES):
        app.warn(own("Only http, https and mailto links are opened."))
        return
    if is_mailto(chosen):
        from tui_mail.ui.actions.writing import follow_link

        await follow_link(app, chosen)
        return
    await asyncio.to_thread(start_program, chosen)
    app.say(own(f"Opening {chosen}"))


def _other(link: Link) -> Displayable:
    """What the link shows, where that is not the place it goes to."""
    return link.text if link.text != link.url else own("")


def start_program(url: str) -> None:
    """Hand a link to the system, without a shell; raises MailError."""
    program = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        child = subprocess.Popen(
            [program, url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        raise MailError(f"{program} is not here; y copies the link") from None
    try:
        child.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return
    if child.returncode:
        raise MailError(f"{program} could not open it; y copies the link")


async def copy(app: "MailApp") -> None:
    """Copy something of the message to the terminal's clipboard."""
    loaded = await app.reading.current()
    if loaded is None:
        return
    content = loaded.content
    text = content.text
    senders = ", ".join(map(with_address, content.envelope.from_))
    choices = [
        ("the text", text.text if text is not None else own("")),
        ("the sender's address", own(senders)),
        ("the subject", content.envelope.subject),
        ("the Message-ID", own(content.envelope.message_id)),
    ]
    links = text.links if text is not None else ()
    choices += [(f"link {place}", link.url) for place, link in enumerate(links, 1)]
    items = [
        Item(own(name), own(_start(value)), value) for name, value in choices if value
    ]
    chosen = await app.ask(Picker("Copy", items))
    if isinstance(chosen, str):
        kept = chosen.encode()[:_CLIPBOARD].decode(errors="ignore")
        app.copy_to_clipboard(kept)
        cut = " (its beginning: it is too long)" if kept != chosen else ""
        app.say(own(f"Copied{cut}, if {_allowing()}"))


def _allowing() -> str:
    """Name what has to let the text through: tmux keeps it back as it comes."""
    if "TMUX" in os.environ:
        return "tmux has set-clipboard on"
    return "the terminal allows it"


def _start(text: Displayable) -> str:
    return text[:200].strip().replace("\n", " ")
