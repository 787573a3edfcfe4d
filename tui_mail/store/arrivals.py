"""Messages that a server told of, put into a mailbox: new ones, known ones, returning ones."""

import json
from collections.abc import Sequence

from tui_mail.model.event import MailboxChanged, MailboxesChanged
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.message import FetchedMessage
from tui_mail.store.bulk import insert_rows
from tui_mail.store.contents import (
    INTO,
    content_row,
    find_contents,
    identity_of,
    seconds_of,
    shown_date,
)
from tui_mail.store.database import Transaction
from tui_mail.store.flag_columns import SEEN_BIT, to_columns
from tui_mail.store.overlay import show_flags
from tui_mail.store.threads import assign_threads, keys_of

_INTO = (
    "message (number, mailbox, server_mailbox, uid, content, thread, date, arrival,"
    " flags, keywords, server_flags, server_keywords, modseq)"
)


class Arrivals:
    """What arrives in one mailbox within one transaction."""

    def __init__(self, tx: Transaction, mailbox: MailboxId) -> None:
        self._tx = tx
        self._mailbox = mailbox

    def apply(self, messages: Sequence[FetchedMessage]) -> list[MessageNumber]:
        """Apply them; their numbers, in order."""
        known = self._known([message.uid for message in messages])
        updated = [message for message in messages if message.uid in known]
        self._update(updated, known)
        fresh = [message for message in messages if message.uid not in known]
        fresh = list({message.uid: message for message in fresh}.values())
        identities = [identity_of(message) for message in fresh]
        returned = self._take_back(fresh, identities)
        known |= returned
        rest = [
            (message, identity)
            for message, identity in zip(fresh, identities, strict=True)
            if message.uid not in returned
        ]
        known |= self._insert(rest)
        if fresh:
            self._tx.publish(MailboxChanged(self._mailbox))
            self._tx.publish(MailboxesChanged())
        return [MessageNumber(known[message.uid]) for message in messages]

    def _known(self, uids: Sequence[int]) -> dict[int, int]:
        # CROSS JOIN: each UID is looked up; else all of the mailbox's are gone through.
        return dict(
            self._tx.connection.execute(
                "SELECT m.uid, m.number FROM json_each(?) j CROSS JOIN message m"
                " ON m.server_mailbox = ? AND m.uid = j.value AND m.uid > 0",
                (json.dumps(uids), self._mailbox),
            )
        )

    def _update(
        self, messages: Sequence[FetchedMessage], known: dict[int, int]
    ) -> None:
        if not messages:
            return
        self._tx.connection.executemany(
            "UPDATE message SET server_flags = ?, server_keywords = ?,"
            " modseq = max(modseq, ?) WHERE number = ?",
            [
                (*to_columns(message.flags), message.modseq, known[message.uid])
                for message in messages
            ],
        )
        show_flags(self._tx, [known[message.uid] for message in messages])

    def _take_back(
        self, messages: Sequence[FetchedMessage], identities: Sequence[int]
    ) -> dict[int, int]:
        """Recognize messages that are here without a UID; their numbers by UID."""
        if not self._has_unlinked():
            return {}
        waiting: dict[int, list[int]] = {}
        for identity, number in self._tx.connection.execute(
            "SELECT c.identity, m.number FROM content c CROSS JOIN message m"
            " ON m.content = c.id AND +m.server_mailbox = ? AND +m.uid = 0"
            " WHERE c.identity IN (SELECT value FROM json_each(?)) ORDER BY m.number DESC",
            (self._mailbox, json.dumps(identities)),
        ):
            waiting.setdefault(identity, []).append(number)
        returned: dict[int, int] = {}
        updates = []
        for message, identity in zip(messages, identities, strict=True):
            if not waiting.get(identity):
                continue
            number = waiting[identity].pop()
            returned[message.uid] = number
            updates.append(
                (message.uid, *to_columns(message.flags), message.modseq, number)
            )
        self._tx.connection.executemany(
            "UPDATE message SET uid = ?, server_flags = ?, server_keywords = ?,"
            " modseq = ? WHERE number = ?",
            updates,
        )
        show_flags(self._tx, list(returned.values()))
        return returned

    def _has_unlinked(self) -> bool:
        [found] = self._tx.connection.execute(
            "SELECT EXISTS (SELECT 1 FROM message WHERE server_mailbox = ? AND uid = 0)",
            (self._mailbox,),
        ).fetchone()
        return bool(found)

    def _insert(self, arriving: Sequence[tuple[FetchedMessage, int]]) -> dict[int, int]:
        """Insert what is new here; its numbers by UID."""
        if not arriving:
            return {}
        contents = self._contents(arriving)
        keys = [keys_of(message.envelope) for message, _ in arriving]
        threads = assign_threads(
            self._tx,
            [(c, k[2]) for (c, _), k in zip(contents, keys, strict=True)],
        )
        insert_rows(
            self._tx.connection,
            INTO,
            [
                content_row(content, identity, (own, parent), message)
                for (message, identity), (content, is_new), (own, parent, _) in zip(
                    arriving, contents, keys, strict=True
                )
                if is_new
            ],
        )
        number = self._last("message")
        rows, numbers = [], {}
        for (message, _), (content, _), thread in zip(
            arriving, contents, threads, strict=True
        ):
            number += 1
            numbers[int(message.uid)] = number
            bits, keywords = to_columns(message.flags)
            date = shown_date(message)
            arrived = message.internal_date
            rows.append(
                (
                    *(number, self._mailbox, self._mailbox, message.uid),
                    *(content, thread, date, seconds_of(arrived) if arrived else date),
                    *(bits, keywords, bits, keywords, message.modseq),
                )
            )
        insert_rows(self._tx.connection, _INTO, rows)
        self._tx.connection.execute(
            "UPDATE mailbox SET total = total + ?, unread = unread + ? WHERE id = ?",
            (len(rows), sum(not row[8] & SEEN_BIT for row in rows), self._mailbox),
        )
        return numbers

    def _contents(
        self, arriving: Sequence[tuple[FetchedMessage, int]]
    ) -> list[tuple[int, bool]]:
        """Give each arriving message its content, and whether that is a new one.

        Within one mailbox two messages never share: a sender cannot have one shown in
        the place of another there.
        """
        present = find_contents(self._tx, [identity for _, identity in arriving])
        taken = self._contents_here(list(present.values()))
        following = self._last("content")
        contents = []
        for _, identity in arriving:
            content = present.get(identity)
            if content is not None and content not in taken:
                taken.add(content)
                contents.append((content, False))
                continue
            following += 1
            contents.append((following, True))
        return contents

    def _contents_here(self, contents: Sequence[int]) -> set[int]:
        if not contents:
            return set()
        return {
            content
            for (content,) in self._tx.connection.execute(
                "SELECT content FROM message WHERE server_mailbox = ? AND content IN"
                " (SELECT value FROM json_each(?))",
                (self._mailbox, json.dumps(contents)),
            )
        }

    def _last(self, table: str) -> int:
        row = self._tx.connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)
        ).fetchone()
        return int(row[0]) if row else 0
