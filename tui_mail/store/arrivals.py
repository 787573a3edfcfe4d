"""Messages that a server told of, put into a mailbox: new ones, known ones, returning ones."""

import json
from collections.abc import Sequence

from tui_mail.model.event import MailboxChanged, MailboxesChanged, OperationsChanged
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.store.arriving import Arriving
from tui_mail.store.astray import find_astray
from tui_mail.store.bulk import insert_rows, last_id
from tui_mail.store.contents import INTO, find_contents
from tui_mail.store.database import Transaction
from tui_mail.store.flag_columns import SEEN_BIT
from tui_mail.store.left_behind import reveal_undeleted
from tui_mail.store.overlay import place_keywords, show_flags
from tui_mail.store.threads import assign_threads, key_of

_INTO = (
    "message (number, mailbox, server_mailbox, uid, content, thread, date, arrival,"
    " flags, keywords, server_flags, server_keywords, modseq)"
)


class Arrivals:
    """What arrives in one mailbox within one transaction."""

    def __init__(self, tx: Transaction, mailbox: MailboxId) -> None:
        self._tx = tx
        self._mailbox = mailbox

    def apply(self, messages: Sequence[Arriving]) -> list[MessageNumber]:
        """Apply them; their numbers, in order."""
        known = self._known([message.uid for message in messages])
        self._update([one for one in messages if one.uid in known], known)
        fresh = [message for message in messages if message.uid not in known]
        fresh = list({message.uid: message for message in fresh}.values())
        returned = self._take_back(fresh)
        returned |= self._take_in([one for one in fresh if one.uid not in returned])
        known |= returned
        known |= self._insert([one for one in fresh if one.uid not in returned])
        reveal_undeleted(self._tx, self._mailbox)
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

    def _update(self, messages: Sequence[Arriving], known: dict[int, int]) -> None:
        if not messages:
            return
        self._tx.connection.executemany(
            "UPDATE message SET server_flags = ?, server_keywords = ?,"
            " modseq = max(modseq, ?) WHERE number = ?",
            [(one.flags, one.keywords, one.modseq, known[one.uid]) for one in messages],
        )
        show_flags(self._tx, [known[message.uid] for message in messages])

    def _take_back(self, messages: Sequence[Arriving]) -> dict[int, int]:
        """Recognize messages that are here without a UID; their numbers by UID."""
        if not self._has_unlinked():
            return {}
        waiting: dict[int, list[int]] = {}
        for identity, number in self._tx.connection.execute(
            "SELECT c.identity, m.number FROM content c CROSS JOIN message m"
            " ON m.content = c.id AND +m.server_mailbox = ? AND +m.uid = 0"
            " WHERE c.identity IN (SELECT value FROM json_each(?)) ORDER BY m.number DESC",
            (self._mailbox, json.dumps([one.identity for one in messages])),
        ):
            waiting.setdefault(identity, []).append(number)
        returned: dict[int, int] = {}
        for one in messages:
            if not waiting.get(one.identity):
                continue
            number = waiting[one.identity].pop()
            returned[one.uid] = number
        left = [one for one in messages if one.uid not in returned]
        returned |= self._alike(left, set(returned.values()))
        updates = [
            (one.uid, one.flags, one.keywords, one.modseq, returned[one.uid])
            for one in messages
            if one.uid in returned
        ]
        self._tx.connection.executemany(
            "UPDATE message SET uid = ?, server_flags = ?, server_keywords = ?,"
            " modseq = ? WHERE number = ?",
            updates,
        )
        show_flags(self._tx, list(returned.values()))
        return returned

    def _take_in(self, messages: Sequence[Arriving]) -> dict[int, int]:
        """Recognize messages that went elsewhere with wishes about their flags."""
        astray = find_astray(self._tx, [one.identity for one in messages])
        here: dict[int, int] = {}
        for one in messages:
            if not astray.get(one.identity):
                continue
            number = here[one.uid] = astray[one.identity].pop(0)
            self._tx.connection.execute(
                "UPDATE message SET mailbox = ?, server_mailbox = ?, uid = ?,"
                " server_flags = ?, server_keywords = ?, modseq = ? WHERE number = ?",
                (
                    *(self._mailbox, self._mailbox, one.uid),
                    *(one.flags, one.keywords, one.modseq, number),
                ),
            )
            self._tx.connection.execute(
                "DELETE FROM astray WHERE message = ?", (number,)
            )
        if here:
            place_keywords(self._tx, self._mailbox)
            show_flags(self._tx, list(here.values()))
            self._tx.publish(OperationsChanged())
        return here

    def _alike(self, messages: Sequence[Arriving], taken: set[int]) -> dict[int, int]:
        """Recognize messages that were put there again, at another time: by all else.

        Only where there is no doubt: one row here, one message there.
        """
        arriving: dict[tuple[object, ...], list[int]] = {}
        for one in messages:
            if one.likeness[0]:
                arriving.setdefault(one.likeness, []).append(one.uid)
        if not arriving:
            return {}
        here: dict[tuple[object, ...], list[int]] = {}
        for number, *likeness in self._tx.connection.execute(
            "SELECT m.number, c.message_id, c.subject, c.senders, c.date, c.size"
            " FROM json_each(?) j CROSS JOIN link l ON l.key = j.value"
            " CROSS JOIN message m ON m.thread = l.thread"
            " CROSS JOIN content c ON c.id = m.content AND c.own_key = j.value"
            " WHERE +m.server_mailbox = ? AND +m.uid = 0",
            (json.dumps([key_of(str(alike[0])) for alike in arriving]), self._mailbox),
        ):
            if number not in taken:
                here.setdefault(tuple(likeness), []).append(number)
        return {
            uids[0]: here[alike][0]
            for alike, uids in arriving.items()
            if len(uids) == 1 and len(here.get(alike, ())) == 1
        }

    def _has_unlinked(self) -> bool:
        [found] = self._tx.connection.execute(
            "SELECT EXISTS (SELECT 1 FROM message WHERE server_mailbox = ? AND uid = 0)",
            (self._mailbox,),
        ).fetchone()
        return bool(found)

    def _insert(self, fresh: Sequence[Arriving]) -> dict[int, int]:
        """Insert what is new here; its numbers by UID."""
        if not fresh:
            return {}
        contents = self._contents(fresh)
        threads = assign_threads(
            self._tx,
            [
                (content, one.keys)
                for (content, _), one in zip(contents, fresh, strict=True)
            ],
        )
        insert_rows(
            self._tx.connection,
            INTO,
            [
                (content, *one.content)
                for (content, is_new), one in zip(contents, fresh, strict=True)
                if is_new
            ],
        )
        first = last_id(self._tx, "message") + 1
        mailbox = self._mailbox
        insert_rows(
            self._tx.connection,
            _INTO,
            [
                (
                    *(number, mailbox, mailbox, one.uid, content, thread),
                    *(one.date, one.arrival, one.flags, one.keywords),
                    *(one.flags, one.keywords, one.modseq),
                )
                for number, one, (content, _), thread in zip(
                    range(first, first + len(fresh)),
                    fresh,
                    contents,
                    threads,
                    strict=True,
                )
            ],
        )
        unread = sum(not one.flags & SEEN_BIT for one in fresh)
        self._tx.connection.execute(
            "UPDATE mailbox SET total = total + ?, unread = unread + ? WHERE id = ?",
            (len(fresh), unread, mailbox),
        )
        return {one.uid: number for number, one in enumerate(fresh, first)}

    def _contents(self, fresh: Sequence[Arriving]) -> list[tuple[int, bool]]:
        """Give each message its content, and whether that is a new one.

        Within one mailbox two messages never share: a sender cannot have one shown in
        the place of another there.
        """
        present = find_contents(self._tx, [one.identity for one in fresh])
        taken = self._contents_here(list(present.values()))
        following = last_id(self._tx, "content")
        contents = []
        for one in fresh:
            content = present.get(one.identity)
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
