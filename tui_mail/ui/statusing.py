"""What the status line says: short sentences about the servers, what waits, what u undoes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tui_mail.link.messages import Status
from tui_mail.model.displayable import Displayable, own
from tui_mail.model.operation import JournalEntry
from tui_mail.ui.dates import list_date


@dataclass(frozen=True, slots=True)
class AccountState:
    """What is known of an account's engine."""

    status: Status | None = None
    """What the engine said last; None while none is joined."""
    line: Displayable = Displayable("")
    """Why there is none."""
    synced_at: datetime | None = None
    """When its inbox was last in step."""
    pulls: bool = False
    """It fetches mail and leaves again (POP3): no connection stays."""


def accounts_in_words(
    states: Mapping[str, AccountState],
    *,
    offline: bool,
    waiting: int,
    now: datetime,
    refused: str = "",
) -> Displayable:
    """Say what is going on with the servers and how much waits for them."""
    said: list[str] = []
    if offline:
        latest = max(
            (s.synced_at for s in states.values() if s.synced_at), default=None
        )
        said.append("offline")
        if latest is not None:
            said.append(f"as of {list_date(latest, now)}")
    else:
        said += [text for name, s in states.items() if (text := _one(name, s, now))]
    if waiting:
        said.append(changes_wait(waiting))
    if refused:
        said.append(refused)
    return own(" · ".join(said))


def changes_wait(count: int) -> str:
    """Say how many changes wait."""
    return "1 change waits" if count == 1 else f"{count:,} changes wait"


def waits_in_words(changes: int, mails: int) -> str:
    """Say how many changes and mails wait."""
    if not mails:
        return changes_wait(changes)
    said = "1 mail" if mails == 1 else f"{mails:,} mails"
    if not changes:
        return f"{said} {'waits' if mails == 1 else 'wait'}"
    return f"{changes:,} {'change' if changes == 1 else 'changes'} and {said} wait"


def _one(name: str, state: AccountState, now: datetime) -> str:
    status = state.status
    if status is None:
        return f"{name}: {state.line}" if state.line else ""
    if status.state == "connected":
        if state.pulls and state.synced_at:
            return f"{name} pulled {list_date(state.synced_at, now)}"
        return f"{name} {status.line or 'connected'}"
    if status.state == "offline":
        return f"{name} offline{_as_of(state, now)}{_why(name, status)}"
    if status.state == "failed":
        return (
            str(status.line)
            if status.line.startswith(name)
            else f"{name}: {status.line}"
        )
    figures = f" {status.done:,} of {status.total:,}" if status.total else ""
    line = status.line or own(
        "connecting" if status.state == "connecting" else "fetching"
    )
    return f"{name}: {line}{figures}"


def _as_of(state: AccountState, now: datetime) -> str:
    return f", as of {list_date(state.synced_at, now)}" if state.synced_at else ""


def _why(name: str, status: Status) -> str:
    """Say why it is offline, unless the person wanted it."""
    line = status.line.removeprefix(f"{name}: ")
    return "" if line in ("", "offline") else f": {line}"


def undo_in_words(
    entry: JournalEntry | None, session: str, now: datetime, *, key: str
) -> Displayable:
    """Say what the key would undo; of an earlier start also when it was done."""
    if entry is None:
        return own("")
    when = "" if entry.session == session else f" ({list_date(entry.at, now)})"
    return own(f"{key} undoes: {entry.said}{when}")
