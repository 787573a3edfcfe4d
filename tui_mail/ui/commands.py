"""Every command of the screen: one row each, from which all that names keys is made."""

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where a command's keys work."""

    ANYWHERE = "anywhere"
    LINES = "lines"
    """In every pane: among the mailboxes, in the list, in the message."""
    MAILBOXES = "mailboxes"
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
    does: str
    """The function that does it: a module of :mod:`tui_mail.ui.actions` and its name.
    Empty for a command that is still to come."""
    sentence: str
    synonyms: tuple[str, ...] = ()


def _row(
    name: str, keys: str, place: Place, does: str, sentence: str, synonyms: str = ""
) -> Command:
    written = tuple(key.strip() for key in keys.split("   ") if key.strip())
    return Command(name, written, place, does, sentence, tuple(synonyms.split()))


_ANY, _LINES, _MAIL = Place.ANYWHERE, Place.LINES, Place.MAIL
_LIST, _MSG, _BOXES = Place.LIST, Place.MESSAGE, Place.MAILBOXES

# fmt: off
COMMANDS: tuple[Command, ...] = (
    _row("list.next", "j   Down", _LINES, "moving.down",
         "Go down a row; in the message, a line.", "down"),
    _row("list.previous", "k   Up", _LINES, "moving.up",
         "Go up a row; in the message, a line.", "up"),
    _row("message.next", "J", _MAIL, "reading.read_next", "Read the next message."),
    _row("message.previous", "K", _MAIL, "reading.read_previous",
         "Read the previous message."),
    _row("list.open", "Enter", _LINES, "reading.read",
         "Read the message, or write a draft on; among the mailboxes, show it.",
         "open view resume"),
    _row("app.back", "Esc   q", _ANY, "leaving.back",
         "Close what is open, or go back.", "close escape"),
    _row("app.quit", "Q   Ctrl+Q", _ANY, "leaving.leave", "Leave tui-mail.",
         "exit leave"),
    _row("list.page-down", "Space   PageDown", _LINES, "moving.page_down",
         "Page down, then the next unread.", "scroll"),
    _row("list.page-up", "-   PageUp", _LINES, "moving.page_up", "Page up.", "scroll"),
    _row("list.first", "Home   g g", _LINES, "moving.first", "Go to the first.",
         "top begin"),
    _row("list.last", "End   G", _LINES, "moving.last", "Go to the last.", "bottom"),
    _row("list.next-unread", ".", _MAIL, "unread.next_unread",
         "Next unread, in any mailbox.", "new"),
    _row("pane.next", "Tab", _ANY, "moving.next_pane", "Go to the next pane."),
    _row("pane.previous", "Shift+Tab", _ANY, "moving.previous_pane",
         "Go to the previous pane."),
    _row("pane.mailboxes", "1", _ANY, "moving.mailboxes", "Go to the mailboxes.",
         "folders tree"),
    _row("pane.list", "2", _ANY, "moving.messages", "Go to the messages."),
    _row("pane.message", "3", _ANY, "moving.message", "Go to the message.", "preview"),
    _row("go.inbox", "g i", _ANY, "going.inbox", "Go to the inbox."),
    _row("go.sent", "g s", _ANY, "going.sent", "Go to the sent mail."),
    _row("go.drafts", "g d", _ANY, "going.drafts", "Go to the drafts."),
    _row("go.archive", "g a", _ANY, "going.archive", "Go to the archive."),
    _row("go.trash", "g t", _ANY, "going.trash", "Go to the trash."),
    _row("go.mailbox", "g f", _ANY, "going.by_name", "Go to a mailbox by its name.",
         "folder jump"),
    _row("app.online", "g o", _ANY, "servers.online", "Go offline, or online.",
         "connect disconnect"),
    _row("message.compose", "c   m", _ANY, "writing.compose", "Write a message.",
         "new mail send"),
    _row("message.reply", "r", _MAIL, "writing.reply", "Reply.", "answer respond"),
    _row("message.reply-all", "a", _MAIL, "writing.reply_all", "Reply to all.",
         "answer group everybody"),
    _row("message.reply-list", "L", _MAIL, "writing.reply_list", "Reply to the list.",
         "answer mailing"),
    _row("message.forward", "f", _MAIL, "writing.forward",
         "Forward; several marked ones as attachments.", "send on pass"),
    _row("message.bounce", "b", _MAIL, "bouncing.bounce",
         "Send on as it is; asks to whom.", "resend redirect remail"),
    _row("message.edit-as-new", "Ctrl+E", _MAIL, "writing.edit_as_new",
         "Write a message that begins as this one.", "template again resend"),
    _row("message.bring-back", "", _ANY, "writing.bring_back",
         "Write on what was discarded last.", "undo draft restore"),
    _row("message.archive", "e", _MAIL, "filing.archive", "Move to the archive.",
         "done file"),
    _row("message.archive-thread", "E", _MAIL, "filing.archive_thread",
         "Move the whole thread to the archive.", "conversation done"),
    _row("message.trash", "d   #", _MAIL, "filing.trash", "Move to the trash.",
         "delete remove bin"),
    _row("message.expunge", "D", _MAIL, "filing.expunge", "Delete for ever; asks.",
         "purge erase"),
    _row("message.move", "s", _MAIL, "filing.move", "Move to a mailbox.",
         "save refile folder"),
    _row("message.copy", "C", _MAIL, "filing.copy", "Copy to a mailbox.",
         "folder duplicate"),
    _row("message.toggle-flagged", "F   *", _MAIL, "flagging.toggle_flagged",
         "Flag, or unflag.", "star important"),
    _row("message.toggle-seen", "U", _MAIL, "flagging.toggle_seen",
         "Mark read, or unread.", "unread seen"),
    _row("message.mark-read", "", _MAIL, "flagging.mark_read", "Mark read.", "seen"),
    _row("message.mark-unread", "", _MAIL, "flagging.mark_unread", "Mark unread.",
         "unseen"),
    _row("message.junk", "!", _MAIL, "filing.junk", "Move to the junk mail.", "spam"),
    _row("message.tag", "t", _MAIL, "flagging.tag", "Add a keyword, or take it off.",
         "label keyword"),
    _row("message.pin", "p", _MAIL, "pinning.pin",
         "Keep for offline reading, or no more.", "offline download keep"),
    _row("mailbox.pin", "p", Place.MAILBOXES, "pinning.pin_mailbox",
         "Keep all of the mailbox offline, or no more.", "folder download keep"),
    _row("app.undo", "u", _ANY, "undoing.undo", "Undo the last action.", "revert back"),
    _row("app.redo", "Ctrl+Y", _ANY, "undoing.redo", "Do again what was undone.",
         "repeat"),
    _row("message.parts", "v", _MAIL, "parts.list_parts", "List the parts.",
         "attachments mime"),
    _row("part.previous", "[   <", _MSG, "parts.previous", "Show the previous part."),
    _row("part.next", "]   >", _MSG, "parts.following", "Show the next part."),
    _row("part.save", "w", _MAIL, "saving.save", "Save a part to a file.",
         "attachment download write"),
    _row("part.save-all", "W", _MAIL, "saving.save_all", "Save all attachments.",
         "attachment download write"),
    _row("message.headers", "H", _MAIL, "showing.headers",
         "Show all headers, or the usual ones."),
    _row("message.raw", "i", _MAIL, "showing.raw", "Show the raw source.",
         "original source"),
    _row("message.html", "h", _MSG, "showing.html", "Show the HTML, or the plain text."),
    _row("message.open-link", "O", _MAIL, "outside.open_link", "Open a link.",
         "url browser"),
    _row("message.copy-text", "y", _MAIL, "outside.copy", "Copy to the clipboard.",
         "yank clipboard"),
    _row("message.pipe", "|", _MAIL, "piping.pipe", "Pipe to a command.",
         "shell filter"),
    _row("list.threads", "T", _LIST, "arranging.threads",
         "Show threads, or single messages.", "conversation"),
    _row("list.fold", "Left", _LINES, "arranging.fold", "Fold the thread, or the mailbox.",
         "collapse"),
    _row("list.unfold", "Right", _LINES, "arranging.unfold",
         "Unfold the thread, or the mailbox.", "expand"),
    _row("list.sort", "o", _LIST, "arranging.sort", "Choose the sort order.", "order"),
    _row("list.mark", "x", _LIST, "marking.mark", "Mark, or unmark.", "select"),
    _row("list.mark-range", "V", _LIST, "marking.mark_range", "Mark a range.", "select"),
    _row("list.mark-query", "X", _LIST, "marking.mark_query", "Mark by a query.",
         "select all"),
    _row("mailbox.new", "n", _BOXES, "mailboxes.new", "Make a mailbox.",
         "folder create add"),
    _row("mailbox.rename", "R", _BOXES, "mailboxes.rename",
         "Rename the mailbox; those below follow.", "folder move"),
    _row("mailbox.delete", "D", _BOXES, "mailboxes.delete", "Delete the mailbox; asks.",
         "folder remove"),
    _row("mailbox.subscribe", "S", _BOXES, "mailboxes.subscribe",
         "Subscribe to the mailbox, or end that.", "folder unsubscribe follow"),
    _row("mailbox.show-all", "A", _BOXES, "mailboxes.show_all",
         "Show mailboxes not subscribed to, or hide.", "folder hidden unsubscribed"),
    _row("mailbox.empty", "E", _BOXES, "mailboxes.empty", "Empty the trash; asks.",
         "purge expunge junk"),
    _row("app.search", "/", _ANY, "searching.search", "Search; in the message, in its text.",
         "find"),
    _row("search.next", "n", _MAIL, "searching.following", "Go to the next hit."),
    _row("search.previous", "N", _MAIL, "searching.previous", "Go to the previous hit."),
    _row("search.server", "S", _MAIL, "searching.ask_server",
         "Search on the server too.", "remote online find"),
    _row("list.filter", "l", _LIST, "searching.narrow", "Show only what matches.",
         "limit narrow"),
    _row("app.sync", "F5   $", _ANY, "servers.synchronize", "Synchronize now.",
         "fetch check refresh get"),
    _row("app.palette", "Ctrl+P   F2   :", _ANY, "overlays.palette", "Find a command.",
         "commands"),
    _row("app.help", "?   F1", _ANY, "overlays.keys", "Show the keys that work here.",
         "keys manual"),
    _row("app.operations", "P", _ANY, "overlays.operations",
         "What waits, and what was done.", "outbox journal"),
    _row("app.redraw", "Ctrl+L", _ANY, "leaving.redraw", "Draw the screen anew.",
         "refresh"),
    _row("app.cancel", "Ctrl+C   Ctrl+G", _ANY, "leaving.cancel",
         "Cancel what runs or is asked.", "stop"),
    _row("app.suspend", "Ctrl+Z", _ANY, "leaving.suspend",
         "Leave for the shell; fg comes back.", "shell"),
)

TO_COME: tuple[Command, ...] = (
    _row("message.unsubscribe", "Z", _MAIL, "", "Unsubscribe from the list."),
    _row("message.snooze", "z", _MAIL, "", "Put off until later."),
    _row("message.mute", "M", _MAIL, "", "Mute the thread."),
    _row("message.add-address", "A", _MAIL, "", "Add the sender to the addresses."),
)
"""Commands whose keys are taken, so that they mean what they say once they are there."""
# fmt: on

BY_ID = {command.id: command for command in (*COMMANDS, *TO_COME)}


def key_table() -> list[Command]:
    """Give the rows of the README's key table: those with a key."""
    return [command for command in COMMANDS if command.keys]
