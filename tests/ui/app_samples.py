"""A filled store without a server, and the reader on it."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.pilot import Pilot

from tui_mail.config.load import load_settings
from tui_mail.config.places import Places
from tui_mail.config.settings import Settings
from tui_mail.mime.choose import text_parts
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.parse import cut_part, parse_message
from tui_mail.mime.readable import plain_fallback
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import WHOLE, ModSeq, Uid, UidValidity
from tui_mail.model.mailbox import ListedMailbox, MailboxState, SpecialUse
from tui_mail.model.message import FetchedMessage, MessageSummary
from tui_mail.store import content, mailboxes, messages
from tui_mail.store.database import AccountIdentity, Database, Transaction
from tui_mail.ui.app import MailApp

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
ROLES = {
    "INBOX": SpecialUse.INBOX,
    "Drafts": SpecialUse.DRAFTS,
    "Sent": SpecialUse.SENT,
    "Archive": SpecialUse.ARCHIVE,
    "Junk": SpecialUse.JUNK,
    "Trash": SpecialUse.TRASH,
    "Lists/rust": None,
}
_SETTINGS = """
[accounts.{name}]
address = "ann@example.org"
[accounts.{name}.imap]
host = "127.0.0.1"
port = 9
security = "none"
username = "ann"
"""
_VALIDITY = UidValidity(7)
PDF = b"%PDF-1.7 the plan"


@dataclass(frozen=True)
class Sample:
    """One message of a sample mailbox."""

    subject: str
    sender: str = "Grace Hopper <grace@corp.example>"
    body: str = "Hi Ann,\n\nthis is the text.\n"
    flags: frozenset[str] = frozenset({SEEN})
    id: str = ""
    reply_to: str = ""
    attachments: tuple[tuple[str, bytes], ...] = ()
    here: bool = True
    """Whether its text and the whole of it are in the store."""
    extra: tuple[str, ...] = field(default=())

    def octets(self, date: datetime) -> bytes:
        lines = [
            f"From: {self.sender}",
            "To: Ann Example <ann@example.org>",
            f"Subject: {self.subject}",
            f"Date: {date:%a, %d %b %Y %H:%M:%S +0000}",
            f"Message-ID: <{self.id or self.subject.replace(' ', '-')}@corp.example>",
            *(
                [f"In-Reply-To: <{self.reply_to}@corp.example>"]
                if self.reply_to
                else []
            ),
            *self.extra,
            "MIME-Version: 1.0",
        ]
        if not self.attachments:
            lines += ["Content-Type: text/plain; charset=utf-8", "", self.body]
            return "\n".join(lines).replace("\n", "\r\n").encode()
        lines += ['Content-Type: multipart/mixed; boundary="b"', ""]
        lines += ["--b", "Content-Type: text/plain; charset=utf-8", "", self.body]
        for name, octets in self.attachments:
            lines += ["--b", "Content-Type: application/pdf"]
            lines += [f'Content-Disposition: attachment; filename="{name}"', ""]
            lines += [octets.decode()]
        return "\n".join([*lines, "--b--", ""]).replace("\n", "\r\n").encode()


UNREAD: frozenset[str] = frozenset()
INBOX = (
    Sample("Newest of all", flags=UNREAD),
    Sample("Budget", "Bob Stone <bob@corp.example>"),
    Sample("Lunch on Thursday?", "Petra Quist <petra@quist.example>", id="lunch"),
    Sample("Re: Lunch on Thursday?", "Mei Chen <mei@corp.example>", reply_to="lunch",
           id="lunch-2", flags=UNREAD),
    Sample("Re: Lunch on Thursday?", "Lars Eriksson <lars@corp.example>",
           reply_to="lunch-2", id="lunch-3"),
    Sample("The plan", attachments=(("plan.pdf", PDF),)),
    Sample("Two papers", attachments=(("one.pdf", b"%PDF one"), ("two.pdf", b"%PDF two"))),
    Sample("Invoice 2026-118", "Anna Novák <anna@corp.example>",
           flags=frozenset({SEEN, FLAGGED})),
    Sample("Not here yet", here=False, flags=UNREAD),
    Sample("Evil \x1b]52;c;aGk=\x07 subject", "Mallory \x1b[31m <m@evil.example>"),
    *(Sample(f"Report {number}", f"Sender {number} <s{number}@corp.example>",
             body="\n".join(f"line {line} of report" for line in range(80)))
      for number in range(1, 41)),
)  # fmt: skip


def _listed(name: str, use: SpecialUse | None) -> ListedMailbox:
    return ListedMailbox(name.encode(), name, "/", frozenset(), use, subscribed=True)


def put(database: Database, mailbox: str, samples: Iterable[Sample]) -> None:
    """Put messages into a mailbox, the first the newest."""
    found = mailboxes.find_mailbox(database, mailbox)
    assert found is not None
    listed = list(samples)
    with database.transaction() as tx:
        start = messages.count_known(tx, found.id)
        for place, sample in reversed(list(enumerate(listed))):
            _put(tx, found.id, start + len(listed) - place, sample, place)
        state = MailboxState(
            uid_validity=_VALIDITY,
            uid_next=Uid(start + len(listed) + 1),
            low_uid=Uid(1),
            exists=start + len(listed),
        )
        mailboxes.save_state(tx, found.id, state, synced=True)


def _put(tx: Transaction, mailbox, uid: int, sample: Sample, place: int) -> None:  # type: ignore[no-untyped-def]
    date = NOW - timedelta(hours=place + 1)
    octets = sample.octets(date)
    headers = octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    fetched = FetchedMessage(
        Uid(uid), sample.flags, ModSeq(0), date, len(octets), parse_envelope(headers)
    )
    [number] = messages.apply_fetched(tx, mailbox, _VALIDITY, [fetched])
    if not sample.here:
        return
    structure = parse_message(octets)
    parts = {
        p.part_id: cut_part(octets, p.part_id) or b"" for p in text_parts(structure)
    }
    content.save_structure(tx, number, structure)
    content.save_chunk(tx, number, WHOLE, 0, octets)
    content.complete_part(tx, number, WHOLE)
    content.save_text(
        tx, number, plain_fallback(parse_envelope(headers), structure, parts)
    )


@dataclass
class Home:
    """Places of a test's own, with accounts whose servers nobody reaches."""

    folder: Path
    names: tuple[str, ...] = ("work",)
    ui: str = ""

    def __post_init__(self) -> None:
        parts = ("config", "data", "state", "run")
        self.places = Places(*(self.folder / part for part in parts))
        self.downloads = self.folder / "downloads"
        self.places.config.mkdir(exist_ok=True)
        text = "".join(_SETTINGS.format(name=name) for name in self.names)
        text += f'[ui]\ndownload_dir = "{self.downloads}"\n{self.ui}\n'
        self.places.settings_file().write_text(text)

    @property
    def settings(self) -> Settings:
        return load_settings(None, self.places)

    def open(self, name: str = "work") -> Database:
        self.places.data.mkdir(mode=0o700, exist_ok=True)
        identity = AccountIdentity(*self.settings.accounts[name].identity)
        return Database.open(self.places.database(name), name, identity=identity)

    def fill(
        self,
        samples: Iterable[Sample] = INBOX,
        *,
        name: str = "work",
        roles: Iterable[str] = tuple(ROLES),
    ) -> None:
        database = self.open(name)
        try:
            with database.transaction() as tx:
                listed = [_listed(each, ROLES[each]) for each in roles]
                mailboxes.apply_listing(tx, listed, {})
                for box in mailboxes.load_mailboxes(tx):
                    state = MailboxState(uid_validity=_VALIDITY, low_uid=Uid(1))
                    mailboxes.save_state(tx, box.id, state, synced=True)
            put(database, "INBOX", samples)
        finally:
            database.close()


class Reader:
    """The reader under a pilot: keys in, the screen out."""

    def __init__(self, app: MailApp, pilot: Pilot[int]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def text(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    @property
    def row(self) -> MessageSummary:
        summary = self.app.panes.list.cursor_summary
        assert summary is not None
        return summary

    async def press(self, *keys: str) -> None:
        """Press keys; each is carried out before the next."""
        for key in keys:
            await self.pilot.press(key)
            await self.until(lambda: self.app.keys.idle)

    async def type(self, text: str) -> None:
        await self.press(*("space" if each == " " else each for each in text))

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        for _ in range(500):
            await self.pilot.pause()
            if is_so():
                return
            await self.pilot.pause(0.01)
        raise TimeoutError(self.text)

    async def shows(self, *texts: str) -> None:
        await self.until(lambda: all(text in self.text for text in texts))

    async def shows_not(self, text: str) -> None:
        await self.until(lambda: text not in self.text)

    async def go_to(self, subject: str) -> None:
        """Put the cursor on the first message with this subject."""
        messages_ = self.app.panes.list
        for row in range(messages_.row_count()):
            messages_.go(row)
            if self.row.subject == subject:
                await self.pilot.pause()
                return
        raise AssertionError(f"no {subject!r}:\n{self.text}")

    def subjects(self) -> list[str]:
        shown = self.app.panes.list
        loaded = shown._loader([int(n) for n in shown.view.numbers])
        return [row.subject for row in loaded if row is not None]


@asynccontextmanager
async def reading(
    home: Home, *, size: tuple[int, int] = (120, 40), **options: bool
) -> AsyncIterator[Reader]:
    """Run the reader, without engines unless they are asked for."""
    chosen = {"start_engines": False, **options}
    app = MailApp(home.settings, home.places, clock=lambda: NOW, **chosen)
    async with app.run_test(size=size) as pilot:
        reader = Reader(app, pilot)
        await reader.until(lambda: app.ready and app.keys.idle)
        await reader.until(lambda: app.listing.is_whole or app.listing.shown is None)
        yield reader


def with_ui(home: Home, **changes: object) -> Home:
    """Add lines to the home's ``[ui]``."""
    lines = "\n".join(f"{name} = {value}" for name, value in changes.items())
    return replace(home, ui=f"{home.ui}\n{lines}")
