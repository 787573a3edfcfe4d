"""What every answer to every message has to keep to, whatever that holds."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from tests.compose.originals import ANN, original_of
from tui_mail.compose.ancestry import is_message_id
from tui_mail.compose.bouncing import bounce
from tui_mail.compose.draft import Draft
from tui_mail.compose.fields import FieldError, Recipient, parse_recipients
from tui_mail.compose.forwarding import forward_attached, forward_inline
from tui_mail.compose.original import Original
from tui_mail.compose.raw_header import cut_message
from tui_mail.compose.replying import reply, reply_to_all, reply_to_list
from tui_mail.compose.resuming import edit_as_new, resume
from tui_mail.compose.serialise import draft_octets, outgoing_of
from tui_mail.compose.warnings import overlooked
from tui_mail.mime.headers import parse_envelope
from tui_mail.model.error import MailError
from tui_mail.model.outgoing import Outgoing

NOW = datetime(2026, 11, 19, 11, 2, tzinfo=UTC)
SOMEBODY = "somebody@there.example"
CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
OURS = frozenset(
    {"date", "from", "to", "cc", "subject", "message-id", "in-reply-to", "references"}
    | {"mime-version", "content-type", "content-transfer-encoding"}
)
RESENT = ["resent-date", "resent-from", "resent-to", "resent-message-id"]


def drafts_about(original: Original) -> Iterator[Draft]:
    """Build everything that can be written about a message."""
    yield reply(original, ANN)
    yield reply_to_all(original, ANN)
    with suppress(MailError):
        yield reply_to_list(original, ANN)
    yield forward_inline(original, ANN)
    yield forward_attached([original, original], ANN)
    yield edit_as_new(original, ANN).draft
    yield resume(original, ANN).draft


def check_all_about(octets: bytes) -> None:
    """Build, send and keep all that can be written about a message."""
    original = original_of(octets)
    for draft in drafts_about(original):
        check_draft(draft)
        overlooked(draft, ANN)
    for draft in (
        *(reply(original, ANN), reply_to_all(original, ANN)),
        *(forward_inline(original, ANN), edit_as_new(original, ANN).draft),
    ):
        check_recipients(draft)
        check_sent(draft)
        check_kept(draft)
    check_bounced(octets)


def check_draft(draft: Draft) -> None:
    """Nothing in it is hostile to a terminal, a header field or a thread."""
    for field in (draft.sender, draft.to, draft.cc, draft.bcc, draft.subject):
        assert not CONTROLS.search(field)
        assert "\n" not in field
    assert not CONTROLS.search(draft.body)
    for one in draft.attachments:
        assert not CONTROLS.search(one.name)
        assert "\n" not in one.name
    assert all(map(is_message_id, draft.references))
    assert len(draft.references) <= 100
    assert draft.in_reply_to in ("", *draft.references) or draft.message


def check_recipients(draft: Draft) -> None:
    """Each is there once, and oneself is in To at most, where nobody else is."""
    to = [one.address.lower() for one in _parsed(draft.to)]
    cc = [one.address.lower() for one in parse_recipients(draft.cc)]
    if draft.parent_flag == "\\Answered":
        assert len({*to, *cc}) == len(to) + len(cc)
        assert not any(map(ANN.is_own, cc))
        assert draft.to or not draft.cc


def _parsed(field: str) -> tuple[Recipient, ...]:
    """Read To; where an author cannot be written to, it says so when it is to go."""
    try:
        return parse_recipients(field)
    except FieldError:
        return ()


def check_sent(draft: Draft) -> Outgoing:
    """What goes out has our fields only, each once, and says what was written."""
    if not _parsed(draft.to):
        draft = replace(draft, to=SOMEBODY)
    sent = outgoing_of(draft, lambda _: b"octets", now=NOW)
    fields, _ = cut_message(sent.octets)
    names = [field.key for field in fields]
    assert len(set(names)) == len(names)
    assert set(names) <= OURS | {"reply-to"}
    envelope = parse_envelope(sent.octets)
    assert envelope.subject.split() == draft.subject.split()
    assert envelope.in_reply_to == draft.in_reply_to
    assert envelope.references == draft.references
    shown = {one.address for one in (*envelope.to, *envelope.cc)}
    assert set(sent.recipients) <= shown | {
        one.address for one in _parsed(draft.bcc)
    }, (sent.recipients, shown)
    return sent


def check_kept(draft: Draft) -> None:
    """What is kept as a draft comes back as it was."""
    octets = draft_octets(draft, lambda _: b"octets", now=NOW)
    again = resume(original_of(octets), ANN).draft
    assert again.body == draft.body
    assert again.subject.split() == draft.subject.split()
    assert len(again.attachments) == len(draft.attachments)


def check_bounced(octets: bytes) -> None:
    """What is sent on has our fields on top, or is refused in words."""
    try:
        sent = bounce(octets, SOMEBODY, ANN.sender, now=NOW)
    except MailError:
        return
    fields, _ = cut_message(sent.octets)
    names = [field.key for field in fields]
    assert names[:4] == RESENT
    assert "bcc" not in names
    assert sent.recipients == (SOMEBODY,)
    assert b"\n" not in sent.octets.replace(b"\r\n", b"")
    assert b"\r" not in sent.octets.replace(b"\r\n", b"")
    assert max(map(len, sent.octets.split(b"\r\n"))) <= 998
