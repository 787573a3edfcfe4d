"""What the panes look like, at the sizes that people have."""

from typing import Any

import pytest

from tests.ui.widget_samples import PanesApp, PartsApp
from tui_mail.ui.filter import add_filters
from tui_mail.ui.themes import SIXTEEN_COLOURS


@pytest.mark.parametrize(
    ("theme", "size", "layout"),
    [
        ("tui-mail", (80, 24), "narrow"),
        ("tui-mail", (120, 40), ""),
        ("tui-mail-light", (120, 40), ""),
        ("high-contrast", (80, 24), "narrow"),
        ("ansi", (80, 24), "narrow"),
    ],
)
def test_the_panes_look_as_they_did(
    snap_compare: Any, theme: Any, size: Any, layout: str
) -> None:
    assert snap_compare(PanesApp(theme, layout), terminal_size=size)


def test_the_parts_look_as_they_did(snap_compare: Any) -> None:
    assert snap_compare(PartsApp(), terminal_size=(80, 24))


def test_without_colour_the_panes_look_as_they_did(
    snap_compare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = PanesApp(SIXTEEN_COLOURS)
    add_filters(app)
    assert snap_compare(app, terminal_size=(120, 40))
