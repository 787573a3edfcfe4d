"""A POP3 server whose mailbox and manners a test decides (RFC 1939), over :mod:`scripted`."""

import contextlib
import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.servers.scripted import HungUp, Peer, scripted

ENDLESS = b"x" * 65_536


@dataclass(slots=True)
class Mail:
    """A message of the mailbox."""

    uidl: bytes
    octets: bytes
    size: int | None = None
    """What LIST says where that is not true."""


@dataclass(slots=True)
class Maildrop:
    """The mailbox, and how its server behaves."""

    mails: list[Mail] = field(default_factory=list)
    capabilities: tuple[str, ...] | None = ("USER", "UIDL", "PIPELINING")
    """None: it does not know CAPA."""
    names: bool = True
    """Whether it knows UIDL."""
    refused: set[bytes] = field(default_factory=set)
    """UIDLs of messages that it does not give."""
    kept: set[bytes] = field(default_factory=set)
    """UIDLs of messages that it does not delete."""
    endless: set[bytes] = field(default_factory=set)
    """UIDLs of messages that have no end."""
    hang_at: bytes = b""
    """The command that it never answers."""
    locked: list[bytes] = field(default_factory=list)
    """With what it refuses the next logins, one after the other."""
    quit_says: bytes = b"+OK bye\r\n"
    """Empty: it does what QUIT is for and hangs up without a word."""
    hang_up_after: int | None = None
    """Commands after which it hangs up."""
    port: int = 0
    commands: list[bytes] = field(default_factory=list)
    logins: int = 0
    most_together: int = 0
    """Sessions that there were at one time."""
    _together: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, *octets: bytes) -> None:
        """Deliver messages."""
        for one in octets:
            self.mails.append(Mail(b"uid-%d" % next(self._numbers), one))

    def name_anew(self) -> None:
        """Give all messages other names."""
        for mail in self.mails:
            mail.uidl = b"new-%d" % next(self._numbers)

    def octets(self) -> list[bytes]:
        """Take what is there."""
        return [mail.octets for mail in self.mails]

    def count(self, word: bytes) -> int:
        """Say how often a command was given."""
        return sum(one.split(b" ")[0].upper() == word for one in self.commands)

    def play(self, peer: Peer) -> None:
        """Serve one client."""
        session = _Session(self, peer)
        try:
            session.serve()
        finally:
            session.leave()

    def count_sessions(self, more: int) -> None:
        """Note that a session began, or ended."""
        with self._lock:
            self._together += more
            self.most_together = max(self.most_together, self._together)


class _Session:
    def __init__(self, drop: Maildrop, peer: Peer) -> None:
        self._drop = drop
        self._peer = peer
        self._mails = list(drop.mails)
        self._deleted: list[Mail] = []
        self._inside = False

    def leave(self) -> None:
        if self._inside:
            self._inside = False
            self._drop.count_sessions(-1)

    def serve(self) -> None:
        drop, peer = self._drop, self._peer
        peer.say(b"+OK ready\r\n")
        for count in itertools.count(1):
            command = peer.line().rstrip(b"\r\n")
            drop.commands.append(command)
            word, _, rest = command.partition(b" ")
            word = word.upper()
            if drop.hang_at == word:
                peer.hang()
            if drop.hang_up_after is not None and count > drop.hang_up_after:
                raise HungUp
            if word == b"QUIT":
                self._quit()
                return
            if not self._answer(word, rest):
                return

    def _answer(self, word: bytes, rest: bytes) -> bool:
        drop, peer = self._drop, self._peer
        if word == b"CAPA" and drop.capabilities is not None:
            lines = "".join(f"{name}\r\n" for name in drop.capabilities)
            peer.say(f"+OK\r\n{lines}.\r\n".encode())
        elif word == b"USER":
            peer.say(b"+OK\r\n")
        elif word == b"PASS":
            drop.logins += 1
            if drop.locked:
                peer.say(b"-ERR " + drop.locked.pop(0) + b"\r\n")
                return True
            self._inside = True
            drop.count_sessions(1)
            peer.say(b"+OK in\r\n")
        elif word == b"LIST":
            self._list(
                b"%d" % (len(mail.octets) if mail.size is None else mail.size)
                for mail in self._mails
            )
        elif word == b"UIDL" and drop.names:
            self._list(mail.uidl for mail in self._mails)
        elif word == b"RETR":
            self._retrieve(self._mails[int(rest) - 1])
        elif word == b"DELE":
            self._delete(self._mails[int(rest) - 1])
        else:
            peer.say(b"-ERR unknown\r\n")
        return True

    def _list(self, values: Iterator[bytes]) -> None:
        lines = [b"%d %s\r\n" % (n, one) for n, one in enumerate(values, 1)]
        self._peer.say(b"+OK\r\n" + b"".join(lines) + b".\r\n")

    def _retrieve(self, mail: Mail) -> None:
        peer = self._peer
        if mail.uidl in self._drop.refused:
            peer.say(b"-ERR it cannot be read\r\n")
            return
        peer.say(b"+OK\r\n")
        if mail.uidl in self._drop.endless:
            while True:
                peer.say(ENDLESS)
        lines = mail.octets.split(b"\r\n")
        stuffed = (b"." + one if one.startswith(b".") else one for one in lines)
        end = (
            b".\r\n"
            if mail.octets.endswith(b"\r\n") or not mail.octets
            else b"\r\n.\r\n"
        )
        peer.say(b"\r\n".join(stuffed) + end)

    def _delete(self, mail: Mail) -> None:
        if mail.uidl in self._drop.kept:
            self._peer.say(b"-ERR not this one\r\n")
            return
        self._deleted.append(mail)
        self._peer.say(b"+OK\r\n")

    def _quit(self) -> None:
        drop = self._drop
        if not drop.quit_says.startswith(b"-"):
            gone = {id(mail) for mail in self._deleted}
            drop.mails = [mail for mail in drop.mails if id(mail) not in gone]
        self.leave()
        if drop.quit_says:
            self._peer.say(drop.quit_says)


@contextlib.contextmanager
def serving(drop: Maildrop) -> Iterator[Maildrop]:
    """Serve a mailbox on a port of the loopback."""
    with scripted(drop.play) as server:
        drop.port = server.port
        yield drop
