"""IDLE (RFC 2177) on a wire and its news: waiting without missing what came before."""

import time

from tui_mail.model.error import ServerRefused
from tui_mail.transports.imap_client import Wire
from tui_mail.transports.imap_news import News
from tui_mail.transports.imap_responses import Untagged

LEAVE = 15.0
"""Seconds that a server has to answer DONE; one that does not is dead."""


def idle(wire: Wire, news: News, *, timeout: float, wake: int) -> bytes:
    """Wait until there is news, ``wake`` can be read, or it is time; return the tag.

    The answer to it has come then: some servers give it by themselves after a while.
    Raises LinkLost, ProtocolError; ServerRefused where it never began.
    """
    tag = wire.ask((b"IDLE",))
    if _begun(wire, news, tag):
        _wait(wire, news, tag, time.monotonic() + timeout, wake)
        if tag not in wire.answers:
            _leave(wire, news, tag)
    elif wire.answers[tag].kind == b"OK":
        wire.answer(tag)
        raise ServerRefused(f"{wire.host} does not wait", "CANNOT")
    return tag


def _begun(wire: Wire, news: News, tag: bytes) -> bool:
    while tag not in wire.answers:
        said = wire.next_response()
        if isinstance(said, bytes):
            return True
        if isinstance(said, Untagged):
            news.note(said)
    return False


def _wait(wire: Wire, news: News, tag: bytes, until: float, wake: int) -> None:
    stream = wire.stream
    while not _told(wire, news) and tag not in wire.answers:
        left = until - time.monotonic()
        if left <= 0:
            return
        ready, woken = stream.wait(left, wake)
        if ready:
            stream.begin()
            stream.fill()
        if woken:
            return


def _told(wire: Wire, news: News) -> bool:
    """Read the whole lines that are here; tell whether there is news."""
    stream = wire.stream
    while stream.has_line():
        stream.begin()
        said = wire.next_response()
        if isinstance(said, bytes):
            raise wire.nonsense(b"+ " + said)
        if isinstance(said, Untagged):
            news.note(said)
    return news.waiting


def _leave(wire: Wire, news: News, tag: bytes) -> None:
    stream = wire.stream
    deadline, stream.deadline = stream.deadline, min(stream.deadline, LEAVE)
    try:
        stream.begin()
        stream.send(b"DONE\r\n")
        while tag not in wire.answers:
            said = wire.next_response()
            if isinstance(said, Untagged):
                news.note(said)
    finally:
        stream.deadline = deadline
