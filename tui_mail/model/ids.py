"""Numbers of different kinds are different types."""

from typing import NewType

Uid = NewType("Uid", int)
"""A message's unique identifier in one mailbox under one UIDVALIDITY (RFC 9051, 2.3.1.1)."""

UidValidity = NewType("UidValidity", int)
"""The number that says which generation of UIDs a mailbox has (RFC 9051, 2.3.1.1)."""

ModSeq = NewType("ModSeq", int)
"""A modification sequence, 63 bits (RFC 7162); 0 where the server has none."""

MailboxId = NewType("MailboxId", int)
"""The store's own number of a mailbox; survives a rename."""

MessageNumber = NewType("MessageNumber", int)
"""The store's own number of one message in one mailbox.

It survives the user's moves, a UIDVALIDITY change and restarts, and is never
used again. A person writes it as ``ACCOUNT/NUMBER``.
"""

ContentId = NewType("ContentId", int)
"""The store's own number of a message's content, shared by its copies."""

ThreadId = NewType("ThreadId", int)
"""The store's own number of a conversation."""

OperationId = NewType("OperationId", int)
"""The store's own number of a wish that waits for a server."""

SubmissionId = NewType("SubmissionId", int)
"""The store's own number of a message in the outbox; never used again."""

WritingId = NewType("WritingId", int)
"""The store's own number of what somebody writes; never used again."""

ActionId = NewType("ActionId", int)
"""The store's own number of one key press in the journal."""

PartId = NewType("PartId", str)
"""A body part as IMAP counts it, ``"2.1"``; the whole message is ``""`` (RFC 9051, 6.4.5)."""

WHOLE = PartId("")
