"""What an account's database looks like, and how an older one becomes a newer one.

Times are whole seconds since 1970, UTC; 0 is "never". Names of messages' own flags are
bits of ``flags``, keywords stand in ``keywords`` between spaces. A mailbox's counts
follow its messages by triggers; only those that arrive with a UID, by the hundred, are
counted by who inserts them. Words of header fields
stand folded between spaces, so that a phrase is a part of the string.

``mailbox.confirmed``: the last message that was here when all that is here of the mailbox
was seen on the server; ``filled``: the last when it was here whole for the first time.
"""

VERSION = 4
"""The version that this code writes; kept in ``PRAGMA user_version``."""

_SINCE_2 = """
CREATE TABLE mailbox_wish (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE,
    name TEXT NOT NULL DEFAULT '',
    messages INTEGER NOT NULL DEFAULT 0,
    validity INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX mailbox_wish_mailbox ON mailbox_wish (mailbox);
CREATE TABLE action_mailbox (
    action INTEGER NOT NULL REFERENCES action ON DELETE CASCADE,
    mailbox INTEGER NOT NULL,
    kind TEXT NOT NULL,
    before TEXT NOT NULL DEFAULT '',
    after TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (action, mailbox)
) STRICT, WITHOUT ROWID;
CREATE TABLE namespace (
    place INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    prefix BLOB NOT NULL,
    delimiter TEXT NOT NULL
) STRICT;
CREATE TABLE quota (
    root TEXT NOT NULL,
    resource TEXT NOT NULL,
    used INTEGER NOT NULL,
    most INTEGER NOT NULL,
    PRIMARY KEY (root, resource)
) STRICT;
CREATE TABLE asked (
    what TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX content_pinned ON content (id) WHERE pinned = 1;
CREATE TABLE action_pin (
    action INTEGER NOT NULL REFERENCES action ON DELETE CASCADE,
    message INTEGER NOT NULL,
    mailbox INTEGER NOT NULL,
    pinned INTEGER NOT NULL,
    PRIMARY KEY (action, message, mailbox)
) STRICT, WITHOUT ROWID;
CREATE TABLE outgoing (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,
    message INTEGER NOT NULL,
    place INTEGER NOT NULL,
    account TEXT NOT NULL,
    wire_name BLOB NOT NULL,
    name TEXT NOT NULL,
    copying INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outgoing_message ON outgoing (message);
CREATE TABLE incoming (
    token TEXT NOT NULL PRIMARY KEY,
    message INTEGER NOT NULL,
    account TEXT NOT NULL,
    copying INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
CREATE INDEX incoming_message ON incoming (message);
CREATE TABLE action_transfer (
    action INTEGER NOT NULL REFERENCES action ON DELETE CASCADE,
    message INTEGER NOT NULL,
    token TEXT NOT NULL,
    source INTEGER NOT NULL,
    account TEXT NOT NULL,
    wire_name BLOB NOT NULL,
    name TEXT NOT NULL,
    copying INTEGER NOT NULL,
    PRIMARY KEY (action, message)
) STRICT, WITHOUT ROWID;
CREATE TABLE told (
    term TEXT NOT NULL,
    content INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    PRIMARY KEY (term, content)
) STRICT, WITHOUT ROWID;
CREATE INDEX told_content ON told (content);
CREATE TABLE trashed (
    message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
    since INTEGER NOT NULL
) STRICT;
CREATE TABLE kept (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    octets INTEGER NOT NULL
) STRICT;
CREATE TRIGGER chunk_added AFTER INSERT ON chunk WHEN new.part_id <> 'HEADER' BEGIN
    UPDATE kept SET octets = octets + length(new.octets);
END;
CREATE TRIGGER chunk_changed AFTER UPDATE OF octets ON chunk
WHEN new.part_id <> 'HEADER' BEGIN
    UPDATE kept SET octets = octets + length(new.octets) - length(old.octets);
END;
CREATE TRIGGER chunk_removed AFTER DELETE ON chunk WHEN old.part_id <> 'HEADER' BEGIN
    UPDATE kept SET octets = octets - length(old.octets);
END;
CREATE TRIGGER readable_counted AFTER INSERT ON readable BEGIN
    UPDATE kept SET octets = octets
        + length(CAST(new.text AS BLOB)) + length(CAST(new.words AS BLOB));
END;
CREATE TRIGGER readable_discounted AFTER DELETE ON readable BEGIN
    UPDATE kept SET octets = octets
        - length(CAST(old.text AS BLOB)) - length(CAST(old.words AS BLOB));
END;
CREATE TABLE left_behind (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL UNIQUE REFERENCES message ON DELETE CASCADE
) STRICT;
CREATE TABLE receipt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    counts TEXT NOT NULL
) STRICT;
CREATE TABLE unused (
    content INTEGER PRIMARY KEY REFERENCES content ON DELETE CASCADE
) STRICT;
CREATE TRIGGER content_left AFTER DELETE ON message BEGIN
    INSERT OR IGNORE INTO unused VALUES (old.content);
END;
"""
"""What version 2 brought besides new columns; they go before it."""

_SINCE_3 = """
CREATE TABLE placed (
    mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE,
    uid INTEGER NOT NULL,
    PRIMARY KEY (mailbox, uid)
) STRICT, WITHOUT ROWID;
CREATE TABLE pop_message (
    id INTEGER PRIMARY KEY,
    uidl BLOB NOT NULL UNIQUE,
    content INTEGER NOT NULL,
    size INTEGER NOT NULL DEFAULT 0,
    sha256 BLOB NOT NULL DEFAULT x'',
    state TEXT NOT NULL,
    fate TEXT NOT NULL DEFAULT '',
    stored_at INTEGER NOT NULL DEFAULT 0,
    to_mirror INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX pop_message_content ON pop_message (content);
CREATE INDEX pop_message_digest ON pop_message (sha256);
CREATE TRIGGER pop_message_removed AFTER DELETE ON message
WHEN EXISTS (SELECT 1 FROM pop_message WHERE content = old.content AND state <> 'coming')
    AND EXISTS (SELECT 1 FROM content WHERE id = old.content)
    AND NOT EXISTS (SELECT 1 FROM message WHERE content = old.content) BEGIN
    UPDATE pop_message SET fate = 'removed' WHERE content = old.content AND fate = '';
END;
CREATE TABLE astray (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL UNIQUE REFERENCES message ON DELETE CASCADE
) STRICT;
"""
"""What version 3 brought besides new columns. What was pulled is known for ever."""

_SINCE_4 = """
CREATE TABLE submission (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    subject TEXT NOT NULL,
    in_reply_to TEXT NOT NULL,
    blind BLOB NOT NULL,
    needs_utf8 INTEGER NOT NULL,
    eight_bit INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    envelope BLOB NOT NULL,
    created INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued',
    doubted INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    writing INTEGER NOT NULL DEFAULT 0,
    draft INTEGER NOT NULL DEFAULT 0,
    parent INTEGER NOT NULL DEFAULT 0,
    parent_flag TEXT NOT NULL DEFAULT '',
    copy INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE submission_chunk (
    id INTEGER PRIMARY KEY,
    submission INTEGER NOT NULL REFERENCES submission ON DELETE CASCADE,
    start INTEGER NOT NULL,
    octets BLOB NOT NULL,
    UNIQUE (submission, start)
) STRICT;
CREATE TABLE action_submission (
    action INTEGER PRIMARY KEY REFERENCES action ON DELETE CASCADE,
    submission INTEGER NOT NULL UNIQUE,
    writing INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE writing (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fields TEXT NOT NULL,
    at INTEGER NOT NULL,
    process INTEGER NOT NULL,
    born TEXT NOT NULL
) STRICT;
CREATE TABLE writing_source (
    writing INTEGER NOT NULL REFERENCES writing ON DELETE CASCADE,
    message INTEGER NOT NULL,
    PRIMARY KEY (writing, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX writing_source_message ON writing_source (message);
CREATE TABLE replaced (
    message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
    successor INTEGER NOT NULL
) STRICT;
CREATE INDEX replaced_successor ON replaced (successor);
"""
"""What version 4 brought. Recipients stand in their submission: all are lost, or none.

``submission.sha256`` is that of the octets, ``envelope`` that of sender and recipients.
"""

TABLES = (
    """
CREATE TABLE account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    user TEXT NOT NULL,
    in_use INTEGER NOT NULL DEFAULT 0,
    delete_after TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE mailbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    wire_name BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    delimiter TEXT NOT NULL DEFAULT '',
    special_use TEXT NOT NULL DEFAULT '',
    selectable INTEGER NOT NULL DEFAULT 1,
    subscribed INTEGER NOT NULL DEFAULT 1,
    is_local INTEGER NOT NULL DEFAULT 0,
    uid_validity INTEGER NOT NULL DEFAULT 0,
    uid_next INTEGER NOT NULL DEFAULT 1,
    highest_modseq INTEGER NOT NULL DEFAULT 0,
    low_uid INTEGER NOT NULL DEFAULT 0,
    exists_count INTEGER NOT NULL DEFAULT 0,
    keywords_kept INTEGER NOT NULL DEFAULT 1,
    read_only INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    status_messages INTEGER NOT NULL DEFAULT -1,
    status_unseen INTEGER NOT NULL DEFAULT 0,
    status_uid_next INTEGER NOT NULL DEFAULT 1,
    status_uid_validity INTEGER NOT NULL DEFAULT 0,
    status_modseq INTEGER NOT NULL DEFAULT 0,
    synced_at INTEGER NOT NULL DEFAULT 0,
    inferiors INTEGER NOT NULL DEFAULT 1,
    namespace TEXT NOT NULL DEFAULT 'personal',
    prefix_parts INTEGER NOT NULL DEFAULT 0,
    rights TEXT NOT NULL DEFAULT '?',
    pinned INTEGER NOT NULL DEFAULT 0,
    followed INTEGER NOT NULL DEFAULT 1,
    swept_uid INTEGER NOT NULL DEFAULT 0,
    keywords_named TEXT NOT NULL DEFAULT '',
    confirmed INTEGER NOT NULL DEFAULT 0,
    filled INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE content (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    identity INTEGER NOT NULL,
    own_key INTEGER NOT NULL,
    parent_key INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    in_reply_to TEXT NOT NULL,
    ancestors TEXT NOT NULL,
    subject TEXT NOT NULL,
    senders TEXT NOT NULL,
    recipients TEXT NOT NULL,
    copies TEXT NOT NULL,
    others TEXT NOT NULL,
    date TEXT NOT NULL,
    size INTEGER NOT NULL,
    has_attachment INTEGER NOT NULL,
    list_id TEXT NOT NULL,
    subject_words TEXT NOT NULL,
    sender_words TEXT NOT NULL,
    recipient_words TEXT NOT NULL,
    copy_words TEXT NOT NULL,
    file_words TEXT NOT NULL DEFAULT '',
    structure TEXT NOT NULL DEFAULT '',
    pinned INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX content_identity ON content (identity);

CREATE TABLE message (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox INTEGER NOT NULL REFERENCES mailbox,
    server_mailbox INTEGER NOT NULL,
    uid INTEGER NOT NULL,
    content INTEGER NOT NULL REFERENCES content,
    thread INTEGER NOT NULL,
    date INTEGER NOT NULL,
    arrival INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    keywords TEXT NOT NULL,
    server_flags INTEGER NOT NULL,
    server_keywords TEXT NOT NULL,
    modseq INTEGER NOT NULL,
    waiting INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX message_uid ON message (server_mailbox, uid) WHERE uid > 0;
CREATE INDEX message_unlinked ON message (server_mailbox) WHERE uid = 0;
CREATE INDEX message_list ON message (mailbox, date, number, thread);
CREATE INDEX message_content ON message (content);
CREATE INDEX message_thread ON message (thread);

CREATE TRIGGER message_added AFTER INSERT ON message WHEN new.uid = 0 BEGIN
    UPDATE mailbox SET total = total + 1, unread = unread + (new.flags & 1 = 0)
    WHERE id = new.mailbox;
END;
CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN
    UPDATE mailbox SET total = total - 1, unread = unread - (old.flags & 1 = 0)
    WHERE id = old.mailbox;
END;
CREATE TRIGGER message_changed AFTER UPDATE OF mailbox, flags ON message
WHEN old.mailbox <> new.mailbox OR old.flags & 1 <> new.flags & 1 BEGIN
    UPDATE mailbox SET total = total - 1, unread = unread - (old.flags & 1 = 0)
    WHERE id = old.mailbox;
    UPDATE mailbox SET total = total + 1, unread = unread + (new.flags & 1 = 0)
    WHERE id = new.mailbox;
END;

CREATE TABLE link (
    key INTEGER PRIMARY KEY,
    thread INTEGER NOT NULL
) STRICT;
CREATE INDEX link_thread ON link (thread);

CREATE TABLE part (
    content INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    part_id TEXT NOT NULL,
    complete INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0,
    sha256 BLOB NOT NULL DEFAULT x'',
    used_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (content, part_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE chunk (
    id INTEGER PRIMARY KEY,
    content INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    part_id TEXT NOT NULL,
    start INTEGER NOT NULL,
    octets BLOB NOT NULL,
    UNIQUE (content, part_id, start)
) STRICT;

CREATE TABLE wanted (
    message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
    part_id TEXT NOT NULL,
    is_text INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (message, is_text, part_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE readable (
    content INTEGER PRIMARY KEY REFERENCES content ON DELETE CASCADE,
    renderer INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    links TEXT NOT NULL,
    warnings TEXT NOT NULL,
    snippet TEXT NOT NULL,
    cut INTEGER NOT NULL,
    words TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE readable_index USING fts5 (
    words, content = 'readable', content_rowid = 'content',
    tokenize = 'unicode61 remove_diacritics 0'
);
CREATE TRIGGER readable_added AFTER INSERT ON readable BEGIN
    INSERT INTO readable_index (rowid, words) VALUES (new.content, new.words);
END;
CREATE TRIGGER readable_removed AFTER DELETE ON readable BEGIN
    INSERT INTO readable_index (readable_index, rowid, words)
    VALUES ('delete', old.content, old.words);
END;

CREATE TABLE delta (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
    flag TEXT NOT NULL,
    adding INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX delta_message ON delta (message);
CREATE INDEX delta_state ON delta (state);

CREATE TABLE operation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    source INTEGER NOT NULL,
    target INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    uid_next_before INTEGER NOT NULL DEFAULT 0,
    validity_before INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE operation_item (
    operation INTEGER NOT NULL REFERENCES operation ON DELETE CASCADE,
    message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
    copy INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (operation, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX operation_item_message ON operation_item (message);
CREATE INDEX operation_item_copy ON operation_item (copy) WHERE copy > 0;

CREATE TABLE action (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    said TEXT NOT NULL,
    at INTEGER NOT NULL,
    session TEXT NOT NULL,
    mailbox INTEGER NOT NULL,
    reversible INTEGER NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE action_flag (
    action INTEGER NOT NULL REFERENCES action ON DELETE CASCADE,
    message INTEGER NOT NULL,
    flag TEXT NOT NULL,
    added INTEGER NOT NULL,
    PRIMARY KEY (action, message, flag)
) STRICT, WITHOUT ROWID;
CREATE TABLE action_move (
    action INTEGER NOT NULL REFERENCES action ON DELETE CASCADE,
    message INTEGER NOT NULL,
    source INTEGER NOT NULL,
    target INTEGER NOT NULL,
    PRIMARY KEY (action, message)
) STRICT, WITHOUT ROWID;
CREATE TABLE action_copy (
    action INTEGER NOT NULL REFERENCES action ON DELETE CASCADE,
    message INTEGER NOT NULL,
    copy INTEGER NOT NULL,
    target INTEGER NOT NULL,
    PRIMARY KEY (action, message)
) STRICT, WITHOUT ROWID;
"""
    + _SINCE_2
    + """
INSERT INTO kept VALUES (1, 0);
INSERT INTO mailbox (id, wire_name, name, selectable, subscribed, is_local)
VALUES (0, x'00', '', 0, 0, 1);
"""
    + _SINCE_3
    + _SINCE_4
)
"""Everything, as version 4 has it. The mailbox 0 is nowhere: what lies in it is not seen.

New columns stand last in their table, new tables and indexes last of all, in the order of
the migration: then each begins on the same page in a file that was migrated.
"""

MIGRATIONS = {
    1: (
        """
ALTER TABLE mailbox ADD COLUMN inferiors INTEGER NOT NULL DEFAULT 1;
ALTER TABLE mailbox ADD COLUMN namespace TEXT NOT NULL DEFAULT 'personal';
ALTER TABLE mailbox ADD COLUMN prefix_parts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN rights TEXT NOT NULL DEFAULT '?';
ALTER TABLE content ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN followed INTEGER NOT NULL DEFAULT 1;
ALTER TABLE wanted ADD COLUMN state TEXT NOT NULL DEFAULT 'queued';
ALTER TABLE wanted ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE wanted ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;
ALTER TABLE wanted ADD COLUMN error TEXT NOT NULL DEFAULT '';
ALTER TABLE operation ADD COLUMN validity_before INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN swept_uid INTEGER NOT NULL DEFAULT 0;
"""
        + _SINCE_2
        + """
INSERT INTO unused SELECT id FROM content WHERE id NOT IN (SELECT content FROM message);
INSERT INTO kept SELECT 1,
    (SELECT coalesce(sum(length(octets)), 0) FROM chunk WHERE part_id <> 'HEADER')
    + (SELECT coalesce(sum(length(CAST(text AS BLOB)) + length(CAST(words AS BLOB))), 0)
        FROM readable);
"""
    ),
    2: (
        """
ALTER TABLE mailbox ADD COLUMN keywords_named TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN delete_after TEXT NOT NULL DEFAULT '';
ALTER TABLE mailbox ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailbox ADD COLUMN filled INTEGER NOT NULL DEFAULT 0;
UPDATE mailbox SET (confirmed, filled) = (SELECT max(seq), max(seq) FROM (
    SELECT seq FROM sqlite_sequence WHERE name = 'message' UNION ALL SELECT 0));
"""
        + _SINCE_3
    ),
    3: _SINCE_4,
}
"""The step from each version to the next."""
