"""Mailboxes in one file, as many programs write them, and files that are broken."""

import mailbox
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_mail.mime.from_lines import mail_digest, quoted, unquoted
from tui_mail.mime.mbox import (
    MboxSpan,
    is_mbox,
    read_mbox_message,
    read_mbox_pieces,
    scan_mbox,
    write_mbox_message,
)
from tui_mail.mime.mbox_flags import mbox_flags
from tui_mail.model.error import MailError

FROM = b"From ann@example.org Mon Jan  1 10:20:30 2024\n"
MOMENT = datetime(2024, 1, 1, 10, 20, 30, tzinfo=UTC)


def message(n: int, body: bytes = b"Hello\n") -> bytes:
    return b"Subject: letter %d\n\n" % n + body


def read(octets: bytes) -> list[bytes]:
    file = BytesIO(octets)
    return [read_mbox_message(file, span) for span in scan_mbox(file)]


def spans(octets: bytes) -> list[MboxSpan]:
    return list(scan_mbox(BytesIO(octets)))


def test_messages_are_found_without_their_from_lines_and_parting_empty_lines() -> None:
    octets = FROM + message(1) + b"\n" + FROM + message(2) + b"\n"
    assert read(octets) == [message(1), message(2)]
    assert [span.arrived for span in spans(octets)] == [MOMENT, MOMENT]


def test_an_empty_file_and_one_of_empty_lines_hold_nothing() -> None:
    assert read(b"") == []
    assert read(b"\n\r\n\n") == []
    assert not is_mbox(BytesIO(b""))


def test_lines_that_end_as_on_other_systems_stay_so() -> None:
    octets = b"".join(
        (FROM + message(n) + b"\n").replace(b"\n", b"\r\n") for n in (1, 2)
    )
    crlf = [message(n).replace(b"\n", b"\r\n") for n in (1, 2)]
    assert read(octets) == crlf


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
def test_the_last_message_need_not_end_as_the_others(end: bytes) -> None:
    octets = FROM + message(1) + b"\n" + FROM + b"Subject: 2\n\nlast" + end
    last = b"Subject: 2\n\nlast" + end[:1]
    assert read(octets) == [message(1), last]


def test_a_message_without_a_body_keeps_the_line_that_ends_its_header() -> None:
    assert read(FROM + b"Subject: 1\n\n" + FROM + b"Subject: 2\n\n\n") == [
        b"Subject: 1\n\n",
        b"Subject: 2\n\n",
    ]


def test_quoted_lines_are_read_as_they_were_written() -> None:
    body = b">From me\n>>From you\n> From nobody\n>Fromage\n"
    [got] = read(FROM + message(1, body))
    assert got == message(1, b"From me\n>From you\n> From nobody\n>Fromage\n")


@pytest.mark.parametrize(
    "line",
    [
        b"From here on it is different.\n",
        b"From 10:00 to 12:00 on 24 May 2024 we are closed.\n",
        b"From Ann\n",
        b"From \n",
        b"From: nobody\n",
    ],
)
def test_a_sentence_after_an_empty_line_begins_no_message(line: bytes) -> None:
    body = b"Hello\n\n" + line + b"and so on\n"
    assert read(FROM + message(1, body) + b"\n" + FROM + message(2)) == [
        message(1, body),
        message(2),
    ]


def test_a_whole_from_line_amid_a_paragraph_begins_no_message() -> None:
    body = b"It began with\n" + FROM + b"and went on.\n"
    assert read(FROM + message(1, body)) == [message(1, body)]


def test_who_does_not_quote_is_taken_at_his_word_for_all_of_the_message() -> None:
    body = b"It began with\nFrom here\n>From there\n"
    assert read(FROM + message(1, body)) == [message(1, body)]


def test_a_length_that_leads_to_the_next_message_is_believed() -> None:
    body = b"See\n\n" + FROM + b"Subject: patch\n\n>From me\n"
    first = b"Subject: 1\nContent-Length: %d\n\n" % len(body) + body
    assert read(FROM + first + b"\n" + FROM + message(2)) == [first, message(2)]
    assert read(FROM + first) == [first]
    assert read(FROM + first + b"\n") == [first]


@pytest.mark.parametrize("length", [0, 3, 10**14])
def test_a_length_that_leads_nowhere_is_not_believed(length: int) -> None:
    first = b"Subject: 1\nContent-Length: %d\n\nHello you\n" % length
    assert read(FROM + first + b"\n" + FROM + message(2)) == [first, message(2)]


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        (b"From - Mon Jan  1 10:20:30 2024", MOMENT),
        (b"From 1234@xxx Mon Jan 01 10:20:30 +0000 2024", MOMENT),
        (b"From a b Mon Jan 1 12:20:30 2024 +0200", MOMENT),
        (b"From ann at example.org  Mon Jan  1 10:20:30 2024", MOMENT),
        (b"From ???@??? Mon Jan 01 10:20:30 2024", MOMENT),
        (b"From a Mon Jan  1 10:20:30 MET DST 2024", MOMENT),
        (b"From a Mon Jan  1 10:20:30 EST5EDT 2024", MOMENT),
        (b"From a Mon Jan  1 10:20 2024", MOMENT.replace(second=0)),
        (b"From a Mon Feb 31 10:20:30 2024", None),
        (b"From a Mon Jan  1 10:20:30 0000", None),
        (b"From a 2024-01-01T10:20:30Z", None),
        (b"From a@example.org", None),
    ],
)
def test_the_lines_of_many_programs_begin_a_message(
    line: bytes, moment: datetime | None
) -> None:
    octets = FROM + message(1) + b"\n" + line + b"\n" + message(2)
    assert [span.arrived for span in spans(octets)] == [MOMENT, moment]
    assert read(octets)[1] == message(2)


def test_programs_that_write_no_empty_line_are_understood() -> None:
    assert read(FROM + message(1) + FROM + message(2)) == [message(1), message(2)]


def test_what_stands_before_the_first_from_line_is_not_lost() -> None:
    assert read(message(1) + b"\n" + FROM + message(2)) == [message(1), message(2)]
    assert read(b"\n\n" + FROM + message(2)) == [message(2)]


def test_nul_and_every_other_octet_stays() -> None:
    body = bytes(range(256)) * 3 + b"\r\r\n\n\n"
    octets = FROM + message(1, body) + b"\n" + FROM + message(2)
    assert read(octets) == [message(1, body), message(2)]


def test_lines_without_an_end_and_from_lines_without_one_are_no_trouble() -> None:
    huge = b"x" * 3_000_000 + b"\n"
    endless = b"From " + b"y" * 2_000_000 + b"\n"
    many = b"From " * 400_000 + b"\n" + b">" * 1_500_000 + b"From \n"
    for body in (huge, endless, many):
        octets = FROM + message(1, body) + b"\n" + FROM + message(2)
        assert read(octets) == [message(1, body), message(2)]


@pytest.mark.parametrize("gap", range(-40, 5))
def test_messages_are_found_wherever_a_block_ends(gap: int) -> None:
    size = (1 << 20) + gap - len(FROM) - len(message(1, b"\n"))
    body = b"z" * size + b"\n"
    octets = FROM + message(1, body) + b"\n" + FROM + message(2, b">From me\n")
    assert read(octets) == [message(1, body), message(2, b"From me\n")]


def test_a_scan_can_begin_where_a_message_does() -> None:
    octets = FROM + message(1) + b"\n" + FROM + message(2)
    start = octets.rindex(FROM)
    file = BytesIO(octets)
    assert list(scan_mbox(file, start)) == list(scan_mbox(file))[1:]


def test_a_file_that_became_shorter_is_told_of() -> None:
    octets = FROM + message(1)
    [span] = spans(octets)
    with pytest.raises(MailError, match="shorter"):
        list(read_mbox_pieces(BytesIO(octets[:-3]), span))


def test_what_is_written_is_read_again_by_this_and_other_programs(
    tmp_path: Path,
) -> None:
    bodies = [
        b"Hello\n",
        b"From me\n>From you\n\nFrom x Mon Jan  1 10:20:30 2024\nSubject: y\n",
        b"two\n\n\n",
    ]
    octets = b"".join(
        piece
        for n, body in enumerate(bodies)
        for piece in write_mbox_message(
            [message(n, body)], arrived=MOMENT, sender="a@b.example"
        )
    )
    assert octets.startswith(b"From a@b.example Mon Jan  1 10:20:30 2024\nSubject")
    assert read(octets) == [message(n, body) for n, body in enumerate(bodies)]
    (tmp_path / "x.mbox").write_bytes(octets)
    other = mailbox.mbox(tmp_path / "x.mbox")
    assert [m["Subject"] for m in other] == ["letter 0", "letter 1", "letter 2"]
    other.close()


def test_a_sender_that_could_be_another_line_is_not_written() -> None:
    for sender in ("", "a b", "a\nFrom b", "ä@example.org"):
        first = next(write_mbox_message([b"x"], arrived=MOMENT, sender=sender))
        assert first == b"From MAILER-DAEMON Mon Jan  1 10:20:30 2024\n"


def test_what_another_program_wrote_is_read(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "x.mbox")
    for n in range(3):
        box.add(message(n, b"Hello\n\nFrom here\n"))
    box.flush()
    box.close()
    assert read((tmp_path / "x.mbox").read_bytes()) == [
        message(n, b"Hello\n\nFrom here\n") for n in range(3)
    ]


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        (b"Status: RO\nX-Status: AF\n", {"\\Seen", "\\Answered", "\\Flagged"}),
        (b"Status: O\n", set()),
        (b"X-Status: DT\n", {"\\Deleted", "\\Draft"}),
        (b"X-Keywords: $Forwarded  work \n", {"$Forwarded", "work"}),
        (b"X-Mozilla-Status: 1005\n", {"\\Seen", "\\Flagged", "$Forwarded"}),
        (b"X-Mozilla-Status: nonsense\nX-Mozilla-Keys: $label1\n", {"$label1"}),
        (b"Subject: RO\n", set()),
    ],
)
def test_flags_are_read_from_header_fields(fields: bytes, flags: set[str]) -> None:
    assert mbox_flags(fields + b"\nStatus: R\n") == flags


LINES = st.lists(
    st.sampled_from([b"From ", b">", b"\n", b"x", b"\r\n", b"\r", b"F", b"rom "]),
    max_size=30,
).map(b"".join)


@settings(deadline=None)
@given(octets=LINES, size=st.integers(1, 9))
def test_quoting_is_undone_whatever_the_pieces(octets: bytes, size: int) -> None:
    def pieces(of: bytes) -> list[bytes]:
        return [of[at : at + size] for at in range(0, len(of), size)]

    written = b"".join(quoted(pieces(octets)))
    assert b"\nFrom " not in b"\n" + written
    assert b"".join(unquoted(pieces(written))) == octets
    assert mail_digest(pieces(octets)) == mail_digest([octets])
    assert mail_digest([written]) == mail_digest([octets])
    crlf = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert mail_digest(pieces(crlf + b"\r\n\r\n")) == mail_digest([octets])


@settings(deadline=None)
@given(bodies=st.lists(LINES, min_size=1, max_size=4))
def test_whatever_is_written_comes_back(bodies: list[bytes]) -> None:
    messages = [message(n, body) for n, body in enumerate(bodies)]
    octets = b"".join(
        piece for one in messages for piece in write_mbox_message([one], arrived=MOMENT)
    )
    got = read(octets)
    assert [mail_digest([one]) for one in got] == [mail_digest([m]) for m in messages]
    assert [one.rstrip(b"\n") for one in got] == [m.rstrip(b"\n") for m in messages]


def test_messages_that_differ_have_other_digests() -> None:
    digests = {
        mail_digest([octets])
        for octets in (message(1), message(2), message(1, b"Hello \n"), b"", b"x")
    }
    assert len(digests) == 5
