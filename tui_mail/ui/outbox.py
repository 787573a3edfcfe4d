"""What is in the outbox, in words: how long it can be taken back, and when it has gone."""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual.timer import Timer

from tui_mail.model.displayable import own
from tui_mail.model.ids import SubmissionId
from tui_mail.model.operation import JournalEntry
from tui_mail.model.outgoing import Submission, SubmissionState
from tui_mail.ui.cells import cut
from tui_mail.ui.dates import due_date

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

Mail = tuple[str, SubmissionId]
"""An account and a mail of its outbox."""

_TICK = 1.0
"""Seconds; it ticks only while something is held."""
_COUNTED = timedelta(minutes=2)
"""What goes later than in this time is told by the clock, and not counted down."""
_SUBJECT = 32
"""Cells of a subject."""


class Outbox:
    """The mails of all accounts that are on their way, as last loaded."""

    def __init__(self, app: "MailApp") -> None:
        self._app = app
        self._mails: dict[Mail, Submission] = {}
        self._timer: Timer | None = None

    async def look(self) -> None:
        """Load the outbox again, and say what has gone."""
        before = self._mails
        accounts = list(self._app.accounts.in_order())
        self._mails = await asyncio.to_thread(self._load, accounts)
        gone = [one for one in before if self._has_gone(one, before[one])]
        entries = await asyncio.to_thread(self._entries, gone)
        for entry in entries:
            if not entry.undone:
                self._app.mention(own(f"{entry.said[:1].upper()}{entry.said[1:]}"))
        self._tick()
        self._app.say_status()

    def _load(self, accounts: list[str]) -> dict[Mail, Submission]:
        from tui_mail.store.outbox import load_submissions

        return {
            (name, one.id): one
            for name in accounts
            for one in load_submissions(self._app.accounts.database(name))
        }

    def _has_gone(self, mail: Mail, before: Submission) -> bool:
        """Tell whether the server has taken it since, or it was taken out."""
        now = self._mails.get(mail)
        accepted = SubmissionState.ACCEPTED
        return before.state is not accepted and (now is None or now.state is accepted)

    def _entries(self, mails: list[Mail]) -> list[JournalEntry]:
        from tui_mail.store.journal import load_sending

        found = [
            load_sending(self._app.accounts.database(account), submission)
            for account, submission in mails
        ]
        return [entry for entry in found if entry is not None]

    # What is held back.

    def held(self) -> dict[Mail, Submission]:
        """Give the mails that only wait so that they can be taken back, the next first."""
        longest = timedelta(seconds=self._app.settings.ui.undo_seconds + 2)
        found = {
            mail: one
            for mail, one in self._counted().items()
            if one.not_before is not None and one.not_before - one.created <= longest
        }
        return dict(sorted(found.items(), key=lambda pair: _due(pair[1])))

    def _counted(self) -> dict[Mail, Submission]:
        now = self._app.real_time()
        return {
            mail: one
            for mail, one in self._mails.items()
            if one.state is SubmissionState.QUEUED
            and not one.error
            and one.not_before is not None
            and now < one.not_before <= now + _COUNTED
        }

    def _tick(self) -> None:
        """Tick while something is held, and no longer: an idle screen writes nothing."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._counted():
            self._timer = self._app.set_timer(_TICK, self._ticked)

    def _ticked(self) -> None:
        self._timer = None
        self._app.say_status()
        self._tick()

    # In words.

    def tells_of(self, entry: JournalEntry | None) -> bool:
        """Tell whether the words name what was done there, and how it is undone."""
        return entry is not None and any(
            one.id == entry.submission and one.state is SubmissionState.QUEUED
            for one in self._going().values()
        )

    def in_words(self, *, undo: str) -> str:
        """Say what goes when; ``undo`` is the key, if it takes the next mail back."""
        counted, now = self._counted(), self._app.real_time()
        offline = [one for mail, one in self._going().items() if self._is_cut_off(mail)]
        back = f" · {undo} takes it back" if undo else ""
        if offline:
            goes = "goes" if len(offline) == 1 else "go"
            return f"{named(*offline)} in the outbox, {goes} when online{back}"
        if counted:
            left = min(map(_due, counted.values())) - now
            seconds = max(1, int(left.total_seconds()))
            return f"sends {named(*counted.values())} in {seconds} s{back}"
        if going := self._going():
            return f"sending {named(*going.values())}"
        return self._later(with_errors=True)

    def _going(self) -> dict[Mail, Submission]:
        """Give the mails that wait for nothing but a connection, or for ``u``."""
        soon = self._app.real_time() + _COUNTED
        queued, sending = SubmissionState.QUEUED, SubmissionState.SENDING
        return {
            mail: one
            for mail, one in self._mails.items()
            if one.state is sending
            or (one.state is queued and not one.error and _due(one) <= soon)
        }

    def _is_cut_off(self, mail: Mail) -> bool:
        return self._app.offline or self._app.servers.is_cut_off(mail[0])

    def later_in_words(self) -> str:
        """Say what goes at a time of its own, or at the next start."""
        kept = [m for m in self._mails.values() if m.state is SubmissionState.KEPT]
        later = self._later(with_errors=False)
        return later or (f"{named(*kept)} kept in the outbox" if kept else "")

    def _later(self, *, with_errors: bool) -> str:
        """Say of what waits longer when the first of it goes."""
        now = self._app.real_time()
        later = [
            one
            for one in self._mails.values()
            if one.state is SubmissionState.QUEUED
            and bool(one.error) is with_errors
            and _due(one) > (now if with_errors else now + _COUNTED)
        ]
        if later:
            first = min(later, key=_due)
            word = "tried again" if first.error else "goes"
            return f"{named(*later)} in the outbox, {word} {due_date(_due(first), now)}"
        return ""


def _due(one: Submission) -> datetime:
    return one.not_before or one.created


def named(*mails: Submission) -> str:
    """Name one mail by its subject, several by their number."""
    if len(mails) != 1:
        return f"{len(mails):,} mails"
    subject = cut(mails[0].subject, _SUBJECT)
    return f'"{subject}"' if subject else "a mail"
