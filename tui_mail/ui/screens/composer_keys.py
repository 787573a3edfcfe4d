"""The composer's keys and what they do, for the list of keys."""

from tui_mail.ui.commands import Command, Place
from tui_mail.ui.screens.palette import PaletteRow

_KEYS: dict[str, tuple[tuple[str, ...], str]] = {
    "send": (("Ctrl+S",), "Show who gets it; Enter sends."),
    "close": (("Esc", "Ctrl+Q"), "Close; keep, discard, send, send later."),
    "next": (("Tab", "Enter"), "Go to the next field; take who is offered."),
    "previous": (("Shift+Tab",), "Go to the field before."),
    "sender": (("Ctrl+O",), "Choose the address that one writes from."),
    "attach": (("Ctrl+T",), "Attach a file."),
    "editor": (("F4",), "Write in the editor of your own."),
    "wrap": (("Ctrl+R",), "Break the lines of this paragraph anew."),
    "paragraph": (("Ctrl+Up", "Ctrl+Down"), "Go by paragraphs."),
    "word": (("Ctrl+Left", "Ctrl+Right"), "Go by words."),
    "edges": (("Ctrl+Home", "Ctrl+End"), "Go to the beginning, to the end."),
    "select": (("Shift+Left", "Shift+Down"), "Select."),
    "copy": (("Ctrl+C",), "Copy what is selected."),
    "cut": (("Ctrl+X",), "Cut what is selected."),
    "paste": (("Ctrl+V",), "Paste what was copied or cut here."),
    "delete-word": (("Ctrl+W",), "Delete the word before the cursor."),
    "delete-line": (
        ("Ctrl+U", "Ctrl+K"),
        "Delete to the line's beginning, or its end.",
    ),
    "undo": (("Ctrl+Z",), "Undo what was written."),
    "redo": (("Ctrl+Y",), "Write it again."),
    "redraw": (("Ctrl+L",), "Draw the screen anew."),
}


def key_rows() -> list[PaletteRow]:
    """Give them as the list of keys takes them."""
    return [
        PaletteRow(
            Command(f"compose.{name}", keys, Place.ANYWHERE, "", sentence),
            keys,
            works_here=True,
        )
        for name, (keys, sentence) in _KEYS.items()
    ]
