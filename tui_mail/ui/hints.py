"""Which keys the hint line names where."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tui_mail.model.mailbox import TAKE_OUT, Mailbox, SpecialUse
from tui_mail.model.rights import Right
from tui_mail.ui.commands import Command
from tui_mail.ui.keymap import Keys

if TYPE_CHECKING:
    from tui_mail.ui.dispatch import Begun

_LAST = ("app.help", "keys")
_NEEDS = {
    "message.archive": TAKE_OUT,
    "message.trash": TAKE_OUT,
    "message.move": TAKE_OUT,
    "message.toggle-flagged": (Right.KEEP_FLAGS,),
    "mailbox.rename": (Right.DELETE_MAILBOX,),
    "mailbox.delete": (Right.DELETE_MAILBOX,),
}
"""Which rights some of them take."""
_NOT_OF_INBOX = ("mailbox.rename", "mailbox.delete")
_KINDS = {"app.sync": ("imap", "pop3"), "search.server": ("imap",)}
"""Which kinds of accounts some of them are for."""
_NOT_OF_FILES = frozenset(
    {"mailbox.new", "mailbox.rename", "mailbox.delete"}
    | {"message.reply", "message.compose", "message.forward"}
    | {command for command, needed in _NEEDS.items() if needed == TAKE_OUT}
)
"""What is not done to a file that is only read."""
_HINTS: Mapping[str, Sequence[tuple[str, str]]] = {
    "mailboxes": (
        ("list.open", "show"),
        ("mailbox.new", "new"),
        ("mailbox.rename", "rename"),
        ("mailbox.delete", "delete"),
        ("go.mailbox", "by name"),
        ("pane.list", "messages"),
        ("app.search", "search"),
        ("app.sync", "synchronize"),
        ("app.palette", "all commands"),
        _LAST,
    ),
    "list": (
        ("list.open", "read"),
        ("message.reply", "reply"),
        ("message.archive", "archive"),
        ("message.trash", "trash"),
        ("message.compose", "write"),
        ("message.toggle-flagged", "flag"),
        ("list.mark", "mark"),
        ("app.search", "search"),
        ("pane.mailboxes", "mailboxes"),
        ("app.palette", "all commands"),
        _LAST,
    ),
    "drafts": (
        ("list.open", "write on"),
        ("message.trash", "trash"),
        ("message.compose", "write"),
        ("list.mark", "mark"),
        ("app.search", "search"),
        ("pane.mailboxes", "mailboxes"),
        ("app.palette", "all commands"),
        _LAST,
    ),
    "results": (
        ("list.open", "read"),
        ("search.server", "on the server too"),
        ("app.back", "no search"),
        ("message.archive", "archive"),
        ("message.trash", "trash"),
        ("list.mark", "mark"),
        ("app.search", "search"),
        ("app.palette", "all commands"),
        _LAST,
    ),
    "message": (
        ("app.back", "back"),
        ("list.page-down", "on"),
        ("message.next", "next"),
        ("message.reply", "reply"),
        ("message.archive", "archive"),
        ("message.trash", "trash"),
        ("message.parts", "parts"),
        ("part.save", "save"),
        ("message.open-link", "link"),
        ("app.palette", "all commands"),
        _LAST,
    ),
    "parts": (
        ("list.open", "show"),
        ("part.save", "save"),
        ("part.save-all", "save all"),
        ("app.back", "message"),
        _LAST,
    ),
    "marks": (
        ("message.archive", "archive"),
        ("message.trash", "trash"),
        ("message.move", "move"),
        ("message.toggle-flagged", "flag"),
        ("message.forward", "forward"),
        ("list.mark-range", "range"),
        ("app.back", "no marks"),
        _LAST,
    ),
}


def hints(
    where: str,
    keymap: Mapping[str, Keys],
    box: Mailbox | None = None,
    *,
    kind: str = "imap",
) -> list[tuple[str, str]]:
    """Name the keys that matter most in a place, and what they do.

    What may not be done in the mailbox is not named, nor what an account of that kind has
    no server for, or is not done to a file.
    """
    return [
        (keymap[command][0], word)
        for command, word in _HINTS[where]
        if keymap[command]
        and (box is None or _is_possible(command, box))
        and kind in _KINDS.get(command, (kind,))
        and not (kind == "file" and command in _NOT_OF_FILES)
    ]


def _is_possible(command: str, box: Mailbox) -> bool:
    if box.special_use is SpecialUse.INBOX and command in _NOT_OF_INBOX:
        return False
    return not box.why_not(*_NEEDS.get(command, ()))


def following(begun: "Begun") -> list[tuple[str, str]]:
    """Name what may follow the keys of a sequence."""
    return [
        (begun.keys, "…"),
        *((key, _word(command)) for key, command in begun.following),
        ("Esc", "nothing"),
    ]


def _word(command: Command) -> str:
    sentence = command.sentence.rstrip(".")
    return sentence.removeprefix("Go to the ").removeprefix("Go to ").lower()
