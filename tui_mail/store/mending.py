"""Make what was salvaged agree with itself, and have the rest fetched again.

Of an account whose server can give everything again, rows whose context is lost go. Of
any other nothing goes: what lost its place is shown in a mailbox of its own.
"""

import sqlite3

from tui_mail.model.mailbox import SpecialUse
from tui_mail.store.threads import key_of

_ORPHANS = (
    ("message", "content", "content", "id"),
    ("message", "mailbox", "mailbox", "id"),
    ("part", "content", "content", "id"),
    ("chunk", "content", "content", "id"),
    ("readable", "content", "content", "id"),
    ("wanted", "message", "message", "number"),
    ("delta", "message", "message", "number"),
    ("operation_item", "message", "message", "number"),
    ("operation_item", "operation", "operation", "id"),
    ("action_flag", "action", "action", "id"),
    ("action_move", "action", "action", "id"),
    ("action_copy", "action", "action", "id"),
    ("action_transfer", "action", "action", "id"),
    ("action_mailbox", "action", "action", "id"),
    ("mailbox_wish", "mailbox", "mailbox", "id"),
    ("action_pin", "action", "action", "id"),
    ("trashed", "message", "message", "number"),
    ("left_behind", "message", "message", "number"),
    ("astray", "message", "message", "number"),
    ("submission_chunk", "submission", "submission", "id"),
    ("action_submission", "action", "action", "id"),
    ("writing_source", "writing", "writing", "id"),
    ("replaced", "message", "message", "number"),
)
_USES = ", ".join(f"'{use.value}'" for use in SpecialUse)
_READABLE_AGAIN = (
    f"UPDATE mailbox SET special_use = '' WHERE special_use NOT IN ('', {_USES})",
    "UPDATE content SET structure = '' WHERE structure <> '' AND NOT json_valid(structure)",
    "UPDATE content SET others = '' WHERE others <> '' AND NOT json_valid(others)",
    "UPDATE content SET date = '' WHERE date <> '' AND datetime(date) IS NULL",
    "DELETE FROM readable WHERE NOT json_valid(links) OR NOT json_valid(warnings)",
    "UPDATE message SET flags = flags & 31 WHERE flags & 31 <> flags",
    "UPDATE message SET server_flags = server_flags & 31"
    " WHERE server_flags & 31 <> server_flags",
    # What may have gone out is looked for first.
    "UPDATE delta SET state = 'sent' WHERE state NOT IN ('queued', 'failed', 'local')",
    "UPDATE operation SET state = 'sent' WHERE state NOT IN ('queued', 'failed')",
    # What the server has, its next listing tells.
    "UPDATE pop_message SET state = 'stored' WHERE state NOT IN"
    " ('coming', 'stored', 'leaving', 'left')",
    "UPDATE pop_message SET fate = '' WHERE fate NOT IN ('', 'removed', 'elsewhere')",
    "UPDATE submission SET recipients = '[]' WHERE CASE WHEN json_valid(recipients)"
    " THEN EXISTS (SELECT 1 FROM json_each(recipients)"
    "  WHERE json_type(recipients, fullkey || '[0]') IS NOT 'text'"
    "  OR json_type(recipients, fullkey || '[2]') IS NOT 'text'"
    "  OR coalesce(json_extract(recipients, fullkey || '[1]'), '')"
    "   NOT IN ('waiting', 'refused', 'dropped'))"
    " ELSE 1 END",
    # So a person decides whether a mail goes.
    "UPDATE submission SET state = 'unknown', doubted = 1 WHERE state NOT IN"
    " ('queued', 'kept', 'sending', 'unknown', 'failed', 'accepted')",
    "UPDATE mailbox_wish SET state = 'sent' WHERE state NOT IN ('queued', 'failed')",
    "DELETE FROM mailbox_wish WHERE kind NOT IN"
    " ('create', 'rename', 'subscribe', 'unsubscribe', 'delete')",
    "DELETE FROM operation WHERE kind NOT IN ('move', 'copy', 'expunge', 'append')"
    " OR NOT EXISTS (SELECT 1 FROM operation_item WHERE operation = operation.id)",
)
_ASTRAY = """
    SELECT number FROM message WHERE number NOT IN (SELECT message FROM astray)
    AND mailbox = 0 AND server_mailbox = 0 AND number IN (SELECT message FROM delta)
    AND number NOT IN (SELECT message FROM operation_item)
    AND number NOT IN (SELECT message FROM outgoing)
    AND number NOT IN (SELECT message FROM incoming)
"""
_FETCH_AGAIN = """
    UPDATE mailbox SET highest_modseq = 0, low_uid = 0, status_messages = -1,
        total = (SELECT count(*) FROM message WHERE mailbox = mailbox.id),
        unread = (SELECT count(*) FROM message
            WHERE mailbox = mailbox.id AND flags & 1 = 0)
"""
_PLACES = """
    INSERT OR IGNORE INTO mailbox (id, wire_name, name, delimiter, is_local)
    SELECT DISTINCT mailbox, CAST('Recovered ' || mailbox AS BLOB),
        'Recovered ' || mailbox, '/', 1
    FROM message WHERE mailbox NOT IN (SELECT id FROM mailbox)
"""
_BARE_CONTENTS = """
    INSERT INTO content (id, identity, own_key, parent_key, message_id, in_reply_to,
        ancestors, subject, senders, recipients, copies, others, date, size,
        has_attachment, list_id, subject_words, sender_words, recipient_words, copy_words)
    SELECT DISTINCT content, 0, 0, 0, '', '', '', 'recovered', '', '', '', '', '', size,
        0, '', ' recovered ', '', '', ''
    FROM part WHERE part_id = '' AND complete AND content NOT IN (SELECT id FROM content)
"""
_LOST_PLACE = """
    FROM content WHERE id NOT IN (SELECT content FROM message)
    AND id IN (SELECT content FROM part WHERE part_id = '' AND complete)
"""
_SECONDS = "coalesce(CAST(strftime('%s', date) AS INTEGER), 0)"
_SHOWN_AGAIN = f"""
    INSERT INTO message (mailbox, server_mailbox, uid, content, thread, date, arrival,
        flags, keywords, server_flags, server_keywords, modseq)
    SELECT ?, 0, 0, id, id, {_SECONDS}, {_SECONDS}, 0, '', 0, '', 0 {_LOST_PLACE}
"""
_KNOWN_AGAIN = """
    INSERT OR IGNORE INTO pop_message (uidl, content, size, sha256, state, stored_at)
    SELECT CAST(x'00' || sha256 AS BLOB), content, size, sha256, 'left',
        CAST(strftime('%s', 'now') AS INTEGER)
    FROM part WHERE part_id = '' AND complete AND content IN (SELECT content FROM message)
    AND content NOT IN (SELECT content FROM pop_message)
"""
"""What was pulled and lost its row is known by its octets when it comes again."""
_DAMAGED = """
    UPDATE part SET complete = 0 WHERE part_id = '' AND complete AND size <> (
        SELECT coalesce(sum(length(octets)), 0) FROM chunk
        WHERE content = part.content AND part_id = '')
"""
"""What lost octets comes again, where the server still has it."""
_UNUSED = """
    INSERT INTO unused
    SELECT id FROM content WHERE id NOT IN (SELECT content FROM message)
"""


def mended(target: sqlite3.Connection) -> list[str]:
    """Make the rows agree; say what went."""
    target.execute(
        "INSERT OR IGNORE INTO mailbox (id, wire_name, name, selectable, subscribed,"
        " is_local) VALUES (0, x'00', '', 0, 0, 1)"
    )
    row = target.execute("SELECT kind FROM account").fetchone()
    if row is None or row[0] != "imap":
        _give_places(target)
        if row is None or row[0] == "pop3":
            target.execute(_KNOWN_AGAIN)
            target.execute(_DAMAGED)
    removed = []
    for table, column, parent, key in _ORPHANS:
        gone = target.execute(
            f"DELETE FROM {table} WHERE {column} NOT IN (SELECT {key} FROM {parent})"
        ).rowcount
        if gone:
            removed.append(f"{table}: {gone} rows without their {parent}")
    for statement in _READABLE_AGAIN:
        target.execute(statement)
    _link_again(target)
    for row in target.execute(_ASTRAY).fetchall():
        target.execute("INSERT INTO astray (message) VALUES (?)", row)
    target.execute(_FETCH_AGAIN)
    target.execute("DELETE FROM unused")
    target.execute(_UNUSED)
    return removed


def _give_places(target: sqlite3.Connection) -> None:
    """Show everything that is here whole somewhere."""
    target.execute(_PLACES)
    target.execute(_BARE_CONTENTS)
    if target.execute(f"SELECT 1 {_LOST_PLACE} LIMIT 1").fetchone():
        place = target.execute(
            "INSERT INTO mailbox (wire_name, name, delimiter, is_local)"
            " VALUES (CAST('Recovered' AS BLOB), 'Recovered', '/', 1)"
            " ON CONFLICT DO UPDATE SET is_local = is_local RETURNING id"
        ).fetchone()
        target.execute(_SHOWN_AGAIN, place)


def _link_again(target: sqlite3.Connection) -> None:
    """Make the links to threads that are lost out of the messages in them."""
    rows = target.execute(
        "SELECT DISTINCT c.own_key, c.parent_key, c.ancestors, c.in_reply_to, m.thread"
        " FROM message m JOIN content c ON c.id = m.content"
    ).fetchall()
    links = []
    for own, parent, ancestors, in_reply_to, thread in rows:
        first = ancestors.split(" ", 1)[0]
        links += [
            (key, thread)
            for key in (own, parent, key_of(first), key_of(in_reply_to))
            if key
        ]
    target.executemany("INSERT OR IGNORE INTO link (key, thread) VALUES (?, ?)", links)
