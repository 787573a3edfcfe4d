"""Takes the pictures of the README from the demo: ``python -m tests.screenshots``.

The demo's servers run, its mail is synchronized by the real engine, and the reader is
driven by keys. A test takes them again and compares what they show.
"""

import asyncio
import html
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from textual.pilot import Pilot

from tui_mail.config.load import load_settings
from tui_mail.config.settings import Settings
from tui_mail.demo import DemoPlace, running
from tui_mail.ui.app import MailApp

FOLDER = Path(__file__).parents[1] / "screenshots"
PATIENCE = 100
"""How often a picture is looked at, with a pause between, until it shows its mark."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its size, its theme, the keys that lead to it, what it must show."""

    name: str
    size: tuple[int, int]
    shows: str
    keys: tuple[str, ...] = ()
    theme: str = "tui-mail"


def _typed(text: str) -> list[str]:
    names = {" ": "space", ",": "comma", ".": "full_stop"}
    return [names.get(each, each) for each in text]


PICTURES = (
    Picture("three-panes", (120, 40), "grammar freezes", ("j",) * 8),
    Picture(
        "composer",
        (100, 30),
        "see you at the canal",
        ("j", "j", "r", *_typed("Thursday it is, see you at the canal.")),
    ),
)


@contextmanager
def synchronized() -> Iterator[DemoPlace]:
    """Run the demo with all its mail in the store and no engine."""
    with running() as here:
        command = [
            sys.executable,
            "-m",
            "tui_mail",
            "--config",
            str(here.settings_path),
        ]
        subprocess.run([*command, "sync"], check=True, stdout=subprocess.DEVNULL)
        yield here


async def take(picture: Picture, here: DemoPlace) -> str:
    """Drive the reader to the picture and return it as SVG."""
    settings = load_settings(here.settings_path, here.places)
    themed = replace(settings, ui=replace(settings.ui, theme=picture.theme))
    app = _reader(themed, here)
    async with app.run_test(size=picture.size) as pilot:
        await _settled(pilot, "")
        for key in picture.keys:
            await pilot.press(key)
        return await _settled(pilot, picture.shows)


def _reader(settings: Settings, here: DemoPlace) -> MailApp:
    return MailApp(settings, here.places, clock=here.clock, start_engines=False)


async def _settled(pilot: Pilot[int], shows: str) -> str:
    """Wait until the screen shows this and stands still."""
    before = ""
    for _ in range(PATIENCE):
        await pilot.pause(0.15)
        picture = pilot.app.export_screenshot(title="tui-mail")
        if picture == before and shows in shown_text(picture):
            return picture
        before = picture
    raise TimeoutError(f"{shows!r} was not shown:\n{shown_text(before)}")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in a picture, where it stands and how it looks."""

    line: int
    column: float
    text: str
    style: str


def spans(picture: str) -> list[Span]:
    """Read what a picture shows, without its ids, fonts and frame."""
    styles = dict(re.findall(r"\.([\w-]+-r\d+)\s*\{([^}]*)\}", picture))
    found = re.findall(
        r'<text class="([\w-]+-r\d+)" x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>',
        picture,
    )
    return [
        Span(
            line=round((float(y) - 20) / 24.4),
            column=round(float(x) / 12.2, 1),
            text=html.unescape(text).replace("\xa0", " ").rstrip(),
            style=styles.get(name, "").strip(),
        )
        for name, x, y, text in found
        if html.unescape(text).strip()
    ]


def shown_text(picture: str) -> str:
    """Read a picture's text, line by line."""
    lines: dict[int, list[Span]] = {}
    for span in spans(picture):
        lines.setdefault(span.line, []).append(span)
    return "\n".join(
        "".join(span.text for span in sorted(line, key=lambda span: span.column))
        for _, line in sorted(lines.items())
    )


def main() -> int:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with synchronized() as here:
        for picture in PICTURES:
            drawn = asyncio.run(take(picture, here))
            (FOLDER / f"{picture.name}.svg").write_text(drawn)
            sys.stdout.write(f"{picture.name}.svg\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
