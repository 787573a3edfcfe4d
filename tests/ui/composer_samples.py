"""The composer over the reader, and what its tests look at."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from textual import events

from tests.ui.app_samples import INBOX, Home, Reader, Sample, reading
from tui_mail.compose.draft import Draft
from tui_mail.compose.kept import from_json
from tui_mail.model.ids import WritingId
from tui_mail.model.outgoing import Submission
from tui_mail.store.content import load_part
from tui_mail.store.database import Database
from tui_mail.store.mailboxes import find_mailbox
from tui_mail.store.outbox import load_octets, load_submissions
from tui_mail.ui.composing import write
from tui_mail.ui.screens.composer import Composer

ME = "Ann Example <ann@example.org>"
_SMTP = """
[accounts.{name}.smtp]
host = "127.0.0.1"
port = 9
security = "none"
username = "ann"
"""
_KEYS = {" ": "space", ".": "full_stop", "/": "slash", "@": "at", ",": "comma"}
REPLY_BODY = "\nOn Mon, Grace wrote:\n> the plan is good\n>> is it?\n\n-- \nAnn\n"


def sending(
    folder: Path,
    *,
    names: Sequence[str] = ("work",),
    ui: str = "",
    more: str = "",
    samples: Sequence[Sample] = INBOX[:12],
) -> Home:
    """Make a home whose accounts can send, as far as the outbox."""
    home = Home(folder, tuple(names), ui)
    path = home.places.settings_file()
    smtp = "".join(_SMTP.format(name=name) for name in names)
    path.write_text(path.read_text() + smtp + more)
    for name in names:
        home.fill(samples, name=name)
    return home


def new(account: str = "work", **fields: object) -> Draft:
    """Make a draft with nothing in it but what is said."""
    return Draft(account, "ann@example.org", **fields)  # type: ignore[arg-type]


def answer() -> Draft:
    """Make a reply as it is when it is opened."""
    return new(
        to="Grace Hopper <grace@corp.example>",
        subject="Re: The plan",
        body=REPLY_BODY,
        parent_flag="\\Answered",
    )


class Composing(Reader):
    """The reader with the composer over it."""

    @property
    def composer(self) -> Composer:
        found = [s for s in self.app.screen_stack if isinstance(s, Composer)]
        assert found, self.text
        return found[-1]

    @property
    def database(self) -> Database:
        return self.app.accounts.database("work")

    @property
    def is_open(self) -> bool:
        return any(isinstance(s, Composer) for s in self.app.screen_stack)

    async def open(
        self, draft: Draft, *, focus: str = "body", writing: WritingId | None = None
    ) -> None:
        work = write(self.app, draft, writing=writing, focus=focus)
        self.app.keys.start(work)
        await self.until(lambda: self.app.asks)

    async def type(self, text: str) -> None:
        """Type as fast as one can: no key waits for the one before."""
        for each in text:
            self.app.post_message(events.Key(_KEYS.get(each, each), each))
        await self.until(lambda: self.app.keys.idle)

    async def paste(self, text: str) -> None:
        self.app.post_message(events.Paste(text))
        await self.until(lambda: self.app.keys.idle)

    def rows(self) -> list[Draft]:
        """What the store keeps of what is being written."""
        found = self.database.connection.execute("SELECT fields FROM writing")
        return [from_json(fields) for (fields,) in found]

    def drafts(self) -> list[bytes]:
        """The messages in Drafts."""
        box = find_mailbox(self.database, "Drafts")
        assert box is not None
        numbers = self.database.connection.execute(
            "SELECT number FROM message WHERE mailbox = ?", (box.id,)
        )
        return [load_part(self.database, n, "") or b"" for (n,) in numbers]  # type: ignore[arg-type]

    def outbox(self) -> list[Submission]:
        return load_submissions(self.database)

    def sent(self) -> str:
        """The only message in the outbox, as it goes out."""
        [only] = self.outbox()
        return b"".join(load_octets(self.database, only.id)).decode()


@asynccontextmanager
async def composing(
    home: Home, draft: Draft, *, focus: str = "body", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Composing]:
    """Run the reader and open the composer."""
    async with reading(home, size=size) as reader:
        made = Composing(reader.app, reader.pilot)
        await made.open(draft, focus=focus)
        yield made
