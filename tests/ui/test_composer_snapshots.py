"""What the composer and its questions look like, at the sizes that people have."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from tests.ui.composer_samples import REPLY_BODY, answer
from tests.ui.screen_samples import AskingApp
from tui_mail.compose.draft import Attachment, FileSource
from tui_mail.compose.fields import parse_recipients
from tui_mail.model.displayable import displayable, own
from tui_mail.ui.completing import Person
from tui_mail.ui.reviewing import told_of
from tui_mail.ui.screens.composer import Composer
from tui_mail.ui.screens.review import Review
from tui_mail.ui.themes import SIXTEEN_COLOURS

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
FILES = tuple(
    Attachment(displayable(name), kind, size, FileSource(Path("x")))
    for name, kind, size in [
        ("plan.pdf", "application/pdf", 1_234_567),
        ("会議の記録.docx", "application/msword", 340_000),
    ]
)
DRAFT = replace(
    answer(),
    cc="Bob Stone <bob@corp.example>",
    attachments=FILES,
    body=f"I think so, but let us ask those who have to do it: they know what it "
    f"means, and when there is time.{REPLY_BODY}",
)
PEOPLE = [
    Person(own(name), own(address), f"{name} <{address}>")
    for name, address in [
        ("Mei Chen", "mei@corp.example"),
        ("", "mei@x.example"),
        ("Melchior de l'Orme-Saint-Germain", "m.orme@long.name.example"),
    ]
]


@dataclass
class Quiet:
    """A desk where nothing happens."""

    wants: list[str] = field(default_factory=list)

    def opened(self) -> None:
        pass

    def changed(self) -> None:
        pass

    def wanted(self, what: str) -> None:
        self.wants.append(what)

    def left_field(self, key: str) -> None:
        pass

    def looked_for(self, typed: str) -> None:
        pass


def composer() -> Composer:
    return Composer(Quiet(), DRAFT, title=own("Reply"), choosable=True)


def review() -> Review:
    people = {
        "to": parse_recipients(DRAFT.to),
        "cc": parse_recipients(DRAFT.cc),
        "bcc": parse_recipients("boss@corp.example"),
    }
    warnings = [own("It has no subject."), own("It answers a mailing list's author.")]
    told = told_of(
        DRAFT, dict(people), account="work", warnings=warnings, at=NOW, now=NOW
    )
    return Review(told)


async def offering(pilot: Pilot[None]) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, Composer)
    screen.take_people(PEOPLE)
    screen.go_to("bcc")
    await pilot.press("m", "e")


async def mistaken(pilot: Pilot[None]) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, Composer)
    screen.set_mistake("to", own('"bob at there": there is no @ in it'))
    screen.say_beside(own("draft kept 14:04"))
    screen.say(own('To: "bob at there": there is no @ in it'), warning=True)


async def nothing(_: Pilot[None]) -> None:
    pass


def _named(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)], ids=_named)
@pytest.mark.parametrize(
    ("make", "do"),
    [
        (composer, nothing),
        (composer, offering),
        (composer, mistaken),
        (review, nothing),
    ],
    ids=["body", "offering", "mistaken", "review"],
)
def test_it_looks_as_it_did(
    snap_compare: Callable[..., bool],
    make: Callable[[], Screen[Any]],
    do: Callable[[Pilot[None]], Any],
    size: tuple[int, int],
) -> None:
    assert snap_compare(AskingApp(make), terminal_size=size, run_before=do)


def test_it_looks_as_it_did_in_sixteen_colours(
    snap_compare: Callable[..., bool],
) -> None:
    app = AskingApp(composer, theme=SIXTEEN_COLOURS)
    assert snap_compare(app, terminal_size=(80, 24), run_before=offering)
