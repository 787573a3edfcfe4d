"""Every command of the screen: one row each, from which all that names keys is made."""

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where a command's keys work."""

    ANYWHERE = "anywhere"
    MAIL = "mail"
    """In the list and in the message."""
    LIST = "list"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can ask for."""

    id: str
    keys: tuple[str, ...]
    """Default keys as a person writes them; a sequence has a space between its keys."""
    place: Place
    sentence: str
    synonyms: tuple[str, ...] = ()

    @property
    def function(self) -> str:
        """The name of the method that does it."""
        return "do_" + self.id.replace(".", "_").replace("-", "_")


def _row(
    name: str, keys: str, place: Place, sentence: str, synonyms: str = ""
) -> Command:
    written = tuple(key.strip() for key in keys.split("   ") if key.strip())
    return Command(name, written, place, sentence, tuple(synonyms.split()))


_ANY, _MAIL, _LIST, _MSG = Place.ANYWHERE, Place.MAIL, Place.LIST, Place.MESSAGE

COMMANDS: tuple[Command, ...] = (
    _row(
        "list.next", "j   Down", _MAIL, "Go down a row; in the message, a line.", "down"
    ),
    _row(
        "list.previous", "k   Up", _MAIL, "Go up a row; in the message, a line.", "up"
    ),
    _row("message.next", "J", _MAIL, "Read the next message."),
    _row("message.previous", "K", _MAIL, "Read the previous message."),
    _row("list.open", "Enter", _LIST, "Read the message.", "open view"),
    _row(
        "app.back", "Esc   q", _ANY, "Close what is open, or go back.", "close escape"
    ),
    _row("app.quit", "Q   Ctrl+Q", _ANY, "Leave tui-mail.", "exit leave"),
    _row(
        "list.page-down", "Space", _MAIL, "Page down, then the next unread.", "scroll"
    ),
    _row("list.page-up", "-", _MAIL, "Page up.", "scroll"),
    _row("list.first", "Home   g g", _MAIL, "Go to the first.", "top begin"),
    _row("list.last", "End   G", _MAIL, "Go to the last.", "bottom"),
    _row("list.next-unread", ".", _MAIL, "Next unread, in any mailbox.", "new"),
    _row("pane.next", "Tab", _ANY, "Go to the next pane."),
    _row("pane.previous", "Shift+Tab", _ANY, "Go to the previous pane."),
    _row("pane.mailboxes", "1", _ANY, "Go to the mailboxes.", "folders tree"),
    _row("pane.list", "2", _ANY, "Go to the messages."),
    _row("pane.message", "3", _ANY, "Go to the message.", "preview"),
    _row("go.inbox", "g i", _ANY, "Go to the inbox."),
    _row("go.sent", "g s", _ANY, "Go to the sent mail."),
    _row("go.drafts", "g d", _ANY, "Go to the drafts."),
    _row("go.archive", "g a", _ANY, "Go to the archive."),
    _row("go.trash", "g t", _ANY, "Go to the trash."),
    _row("go.mailbox", "g f", _ANY, "Go to a mailbox by its name.", "folder jump"),
    _row("app.online", "g o", _ANY, "Go offline, or online.", "connect disconnect"),
    _row("message.archive", "e", _MAIL, "Move to the archive.", "done file"),
    _row("message.trash", "d   #", _MAIL, "Move to the trash.", "delete remove bin"),
    _row("message.expunge", "D", _MAIL, "Delete for ever; asks.", "purge erase"),
    _row("message.move", "s", _MAIL, "Move to a mailbox.", "save refile folder"),
    _row(
        "message.toggle-flagged", "F   *", _MAIL, "Flag, or unflag.", "star important"
    ),
    _row("message.toggle-seen", "U", _MAIL, "Mark read, or unread.", "unread seen"),
    _row("message.junk", "!", _MAIL, "Move to the junk mail.", "spam"),
    _row("message.tag", "t", _MAIL, "Add a keyword, or take it off.", "label keyword"),
    _row("app.undo", "u", _ANY, "Undo the last action.", "revert back"),
    _row("app.redo", "Ctrl+Y", _ANY, "Do again what was undone.", "repeat"),
    _row("message.parts", "v", _MAIL, "List the parts.", "attachments mime"),
    _row("part.previous", "[   <", _MSG, "Show the previous part."),
    _row("part.next", "]   >", _MSG, "Show the next part."),
    _row(
        "part.save", "w", _MAIL, "Save a part to a file.", "attachment download write"
    ),
    _row("message.headers", "H", _MSG, "Show all headers, or the usual ones."),
    _row("message.raw", "i", _MSG, "Show the raw source.", "original source"),
    _row("message.html", "h", _MSG, "Show the HTML, or the plain text."),
    _row("message.open-link", "O", _MAIL, "Open a link.", "url browser"),
    _row("message.copy-text", "y", _MAIL, "Copy to the clipboard.", "yank clipboard"),
    _row(
        "list.threads", "T", _LIST, "Show threads, or single messages.", "conversation"
    ),
    _row("list.fold", "Left", _LIST, "Fold the thread.", "collapse"),
    _row("list.unfold", "Right", _LIST, "Unfold the thread.", "expand"),
    _row("list.sort", "o", _LIST, "Choose the sort order.", "order"),
    _row("list.mark", "x", _LIST, "Mark, or unmark.", "select"),
    _row("list.mark-range", "V", _LIST, "Mark a range.", "select"),
    _row("list.mark-query", "X", _LIST, "Mark by a query.", "select all"),
    _row("app.search", "/", _ANY, "Search; in the message, in its text.", "find"),
    _row("search.next", "n", _MAIL, "Go to the next hit."),
    _row("search.previous", "N", _MAIL, "Go to the previous hit."),
    _row("list.filter", "l", _LIST, "Show only what matches.", "limit narrow"),
    _row("app.sync", "F5   $", _ANY, "Synchronize now.", "fetch check refresh get"),
    _row("app.palette", "Ctrl+P   F2   :", _ANY, "Find a command.", "commands"),
    _row("app.help", "?   F1", _ANY, "Show the keys that work here.", "keys manual"),
    _row(
        "app.operations", "P", _ANY, "What waits, and what was done.", "outbox journal"
    ),
    _row("app.redraw", "Ctrl+L", _ANY, "Draw the screen anew.", "refresh"),
    _row(
        "app.cancel", "Ctrl+C   Ctrl+G", _ANY, "Cancel what runs or is asked.", "stop"
    ),
    _row("app.suspend", "Ctrl+Z", _ANY, "Leave for the shell; fg comes back.", "shell"),
)

BY_ID = {command.id: command for command in COMMANDS}


def key_table() -> list[Command]:
    """Give the rows of the README's key table: those with a key."""
    return [command for command in COMMANDS if command.keys]
