import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui_mail.mime.headers import all_fields, parse_envelope
from tui_mail.mime.render import Renderer

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")


def messages() -> Iterator[Path]:
    for path in sorted(CORPUS.rglob("*")):
        if path.is_file() and path.suffix not in (".json", ".md"):
            yield path


@pytest.mark.parametrize("prefer", ["plain", "html"])
def test_every_message_is_rendered_and_safe(prefer: str) -> None:
    with Renderer() as renderer:
        for path in messages():
            message = path.read_bytes()
            structure, text = renderer.render_octets(
                message, prefer=prefer, deadline=20
            )
            assert not any("in time" in line for line in text.warnings), path
            shown: list[str] = [text.text, text.snippet, *text.warnings]
            shown += [part for link in text.links for part in (link.text, link.url)]
            shown += [part.filename + part.type for part in structure.walk()]
            shown += [part for field in all_fields(message) for part in field]
            shown.append(repr(parse_envelope(message)))
            assert not CONTROLS.search("".join(shown)), path
