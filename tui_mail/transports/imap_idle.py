"""IDLE (RFC 2177) on a wire and its news: waiting without missing what came before."""

import time

from tui_mail.model.error import ProtocolError
from tui_mail.transports.imap_client import Wire
from tui_mail.transports.imap_news import News
from tui_mail.transports.imap_responses import Untagged

LEAVE = 15.0
"""Seconds that a server has to answer DONE; one that does not is dead."""


def idle(wire: Wire, news: News, *, timeout: float, wake: int) -> bytes:
    """Wait until there is news, ``wake`` can be read, or it is time; return the tag.

    The answer to it has come then. Raises LinkLost, ProtocolError.
    """
    tag = wire.ask((b"IDLE",))
    if _begun(wire, news, tag):
        _wait(wire, news, time.monotonic() + timeout, wake)
        _leave(wire, news, tag)
    return tag


def _begun(wire: Wire, news: News, tag: bytes) -> bool:
    while tag not in wire.answers:
        said = wire.next_response()
        if isinstance(said, bytes):
            return True
        if isinstance(said, Untagged):
            news.note(said)
    return False


def _wait(wire: Wire, news: News, until: float, wake: int) -> None:
    stream = wire.stream
    while not _told(wire, news):
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
        if not isinstance(said, Untagged):
            raise ProtocolError(f"{stream.host} ends IDLE by itself")
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
