"""Where what is written is kept while it is written: a row of the store, then in Drafts."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from tui_mail.compose.draft import Attachment, Draft, FileSource, PartSource
from tui_mail.compose.kept import to_json
from tui_mail.link.messages import Wake
from tui_mail.model.displayable import own
from tui_mail.model.error import MailError, NotFound
from tui_mail.model.ids import WHOLE, MessageNumber, SubmissionId, WritingId
from tui_mail.model.mailbox import SpecialUse
from tui_mail.ui.fetching import CANCELLED

if TYPE_CHECKING:
    from tui_mail.store.database import Database, Transaction
    from tui_mail.ui.app import MailApp

Load = Callable[[Attachment], bytes]


class Safekeeping:
    """The row and the draft message of what one writes; they follow it to its account.

    One change is made at a time, in the order in which they were asked for.
    """

    def __init__(self, app: "MailApp", draft: Draft, writing: WritingId | None) -> None:
        self._app = app
        self._account, self._writing = draft.account, writing
        self.message = draft.message
        """The message in Drafts that it is kept as."""
        self._message_account = draft.account
        self._lock = asyncio.Lock()
        self._over = False

    @property
    def has_row(self) -> bool:
        """Whether there is a row of it."""
        return self._writing is not None

    async def save(self, draft: Draft) -> None:
        """Keep all that is written in the row, unless it is over; raises MailError."""
        async with self._lock:
            if not self._over:
                await self._save(draft)

    async def _save(self, draft: Draft) -> None:
        from tui_mail.store.writing import begin_writing, end_writing, save_writing

        fields = await asyncio.to_thread(to_json, self._placed(draft))
        at, before = self._app.real_time(), self._writing
        moved = draft.account != self._account
        sources = _messages_of(draft)

        def write(tx: "Transaction") -> WritingId:
            if before is None or moved:
                return begin_writing(tx, fields, at, sources=sources)
            try:
                save_writing(tx, before, fields, at, sources=sources)
            except NotFound:
                # Whatever became of the row, what is written here is kept.
                return begin_writing(tx, fields, at, sources=sources)
            return before

        def end(tx: "Transaction") -> None:
            if before is not None:
                end_writing(tx, before)

        self._writing = await self._app.wishes.write(draft.account, write)
        if moved and before is not None:
            await self._app.wishes.write(self._account, end)
        self._account = draft.account

    async def keep(self, draft: Draft, *, over: bool = False) -> tuple[Attachment, ...]:
        """Keep it as a message in Drafts; ``over``: nobody writes on.

        What goes with it and cannot be had now is left out when it is over, and
        returned: then the draft that has it stays beside the new one. Raises MailError.
        """
        from tui_mail.store.drafts import drafts_mailbox, save_draft
        from tui_mail.store.writing import end_writing, save_writing

        async with self._lock:
            if self._over:
                return ()
            left_out = await self._fetch_missing(draft, may_lack=over)
            draft = without(draft, left_out)
            if left_out:
                self.message = None
            at, name = self._app.real_time(), self._drafts_name(draft.account)
            octets = await asyncio.to_thread(
                self._octets, self._placed(draft), self._loader(draft.account), at
            )
            here = self._message_account == draft.account
            replacing = self.message if here else None
            writing = self._writing if self._account == draft.account else None

            def write(tx: "Transaction") -> MessageNumber:
                mailbox = drafts_mailbox(tx, name)
                number = save_draft(
                    tx, octets, replacing=replacing, mailbox=mailbox, at=at
                )
                if over and writing is not None:
                    end_writing(tx, writing)
                elif writing is not None:
                    # Who writes it on after a crash has to know which draft it is.
                    fields = to_json(replace(draft, message=number))
                    save_writing(tx, writing, fields, at, sources=_messages_of(draft))
                return number

            number = await self._app.wishes.write(draft.account, write)
            if not here and self.message is not None:
                await self._take_away(self._message_account, self.message)
            self.message, self._message_account = number, draft.account
            self._app.engines.send(draft.account, Wake())
            if over:
                self._writing = None if writing is not None else self._writing
                await self._end_row()
                self._over = True
            return left_out

    async def submit(self, draft: Draft, at: datetime | None) -> SubmissionId:
        """Put it into the outbox, held as long as the settings say, or until ``at``.

        Raises MailError, and FieldError for a mistake in a field.
        """
        from tui_mail.store.outbox import submit
        from tui_mail.ui.outgoing import held_until, outgoing

        async with self._lock:
            await self._save(draft)
            await self._fetch_missing(draft)
            now = self._app.real_time()
            made = await asyncio.to_thread(
                outgoing, draft, self._loader(draft.account), now
            )
            until = at or held_until(now, self._app.settings.ui.undo_seconds)
            writing, session = self._writing, self._app.session
            here = self._message_account == draft.account

            def write(tx: "Transaction") -> SubmissionId:
                return submit(
                    tx,
                    made,
                    said=made.said,
                    session=session,
                    not_before=until,
                    writing=writing,
                    draft=self.message if here else None,
                    parent=draft.parent,
                    parent_flag=draft.parent_flag,
                )

            number = await self._app.wishes.write(draft.account, write)
            if not here and self.message is not None:
                await self._take_away(self._message_account, self.message)
            self._app.engines.send(draft.account, Wake())
            self._over = True
            return number

    async def discard(self) -> bool:
        """Forget the row; what lies in Drafts goes to the trash, and ``u`` brings it back.

        False where there is no trash, so it stays. Raises MailError.
        """
        async with self._lock:
            await self._end_row()
            self._over = True
            if self.message is None:
                return True
            return await self._trash(self._message_account, self.message)

    async def forget(self) -> None:
        """Forget the row, and nothing else; raises MailError."""
        async with self._lock:
            await self._end_row()
            self._over = True

    async def _end_row(self) -> None:
        from tui_mail.store.writing import end_writing

        writing, self._writing = self._writing, None
        if writing is not None:
            ended = writing
            await self._app.wishes.write(
                self._account, lambda tx: end_writing(tx, ended)
            )

    async def _take_away(self, account: str, message: MessageNumber) -> None:
        """Take the draft away that lies in an account it is not written from any more."""
        from tui_mail.store.wishes import expunge_messages

        await self._app.wishes.write(
            account, lambda tx: expunge_messages(tx, [message])
        )
        self._app.engines.send(account, Wake())

    async def _trash(self, account: str, message: MessageNumber) -> bool:
        from tui_mail.model.operation import Move

        trash = self._app.accounts.role(account, SpecialUse.TRASH)
        if trash is None:
            return False
        wish = Move((message,), trash.id)
        await self._app.wishes.perform(account, wish, "discarded a draft")
        return True

    async def _fetch_missing(
        self, draft: Draft, *, may_lack: bool = False
    ) -> tuple[Attachment, ...]:
        """Have the parts fetched that go with it and are not here; give what cannot be.

        Raises MailError for the first of these, unless it ``may_lack`` them; and where a
        person ended it.
        """
        from tui_mail.ui.loading import load_octets

        lacking: list[Attachment] = []
        database = self._app.accounts.database(draft.account)
        for each in draft.attachments:
            source = each.source
            if isinstance(source, FileSource):
                continue
            number, part = source.message, source.part
            if await asyncio.to_thread(load_octets, database, number, part) is None:
                name = each.name or own("the message")
                try:
                    await self._app.servers.fetch(draft.account, number, part, name)
                except MailError as error:
                    if not may_lack or error.line == CANCELLED:
                        raise
                    lacking.append(each)
        return tuple(lacking)

    def _drafts_name(self, account: str) -> str:
        return self._app.accounts.account(account).mailboxes.get(SpecialUse.DRAFTS, "")

    def _placed(self, draft: Draft) -> Draft:
        """Say where it is kept, if that is in the account it goes from."""
        here = self._message_account == draft.account
        return replace(draft, message=self.message if here else None)

    def _octets(self, draft: Draft, load: Load, at: datetime) -> bytes:
        from tui_mail.compose.serialise import draft_octets

        return draft_octets(draft, load, now=at)

    def _loader(self, account: str) -> Load:
        database = self._app.accounts.database(account)
        return lambda attachment: load_attachment(database, attachment)


def without(draft: Draft, left_out: Sequence[Attachment]) -> Draft:
    """Leave out what cannot be had; a draft that was kept before, and may have it, stays."""
    if not left_out:
        return draft
    rest = tuple(one for one in draft.attachments if one not in left_out)
    return replace(draft, attachments=rest, message=None)


def _messages_of(draft: Draft) -> frozenset[MessageNumber]:
    return frozenset(
        each.source.message
        for each in draft.attachments
        if isinstance(each.source, PartSource)
    )


def load_attachment(database: "Database", attachment: Attachment) -> bytes:
    """Read what goes with a message, decoded; on any thread. Raises MailError."""
    from tui_mail.mime.parse import decode_part
    from tui_mail.store.content import load_structure
    from tui_mail.ui.loading import find_part, load_octets

    source = attachment.source
    if isinstance(source, FileSource):
        try:
            return source.path.read_bytes()
        except OSError as error:
            raise MailError(f"{attachment.name}: {error.strerror}") from None
    octets = load_octets(database, source.message, source.part)
    if octets is None:
        raise MailError(f"{attachment.name or 'the message'} is not here yet")
    if source.part == WHOLE:
        return octets
    part = find_part(load_structure(database, source.message), source.part)
    return octets if part is None else decode_part(part, octets)
