import quopri
import random
import re
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from tests.compose.octets import assert_sound
from tui_mail.compose.fields import FieldError, Recipient
from tui_mail.compose.raw import outgoing_from
from tui_mail.compose.raw_lines import as_seven_bit
from tui_mail.demo.messages import letters
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.parse import cut_part, decode_part, parse_message
from tui_mail.model.error import MailError
from tui_mail.model.ids import PartId
from tui_mail.model.outgoing import Outgoing

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
OWN = Recipient("Ann Example", "ann@example.org")

GIT = b"""\
From: Ann Example <ann@example.org>
To: list@there.example
Cc: =?UTF-8?q?J=C3=BCrgen?= <j@x.example>,
 Bob <bob@there.example>
Subject: [PATCH 1/2] Say =?UTF-8?q?Gr=C3=BC=C3=9Fe?=
Date: Mon, 30 Nov 2026 12:00:00 +0100
Message-ID: <20261130110000.12345-1-ann@example.org>
X-Mailer: git-send-email 2.39.5
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit

From: J\xc3\xbcrgen <j@x.example>

---
 a.txt | 2 +-

diff --git a/a.txt b/a.txt
--- a/a.txt
+++ b/a.txt
@@ -1 +1 @@
-From here
+Gr\xc3\xbc\xc3\x9fe\x20
.
--\x20
2.39.5

"""

CRON = b"""\
From: root (Cron Daemon)
To: ann
Subject: Cron <ann@box> backup
MIME-Version: 1.0
Content-Type: text/plain; charset=US-ASCII
Content-Transfer-Encoding: 8bit
X-Cron-Env: <SHELL=/bin/sh>
X-Cron-Env: <LOGNAME=ann>

 10%\r 50%\r100%
Gr\xc3\xbc\xc3\x9fe
"""

SIGNED = b"""\
From: ann@example.org\r
To: bob@there.example\r
Bcc: carol@x.example\r
Subject: signed\r
MIME-Version: 1.0\r
Content-Type: multipart/signed; micalg=pgp-sha256;\r
 protocol="application/pgp-signature"; boundary="b"\r
\r
An OpenPGP message\r
--b\r
Content-Type:   text/plain\r
\r
exactly  this \r
\t\r
From here\r
--b\r
Content-Type: application/pgp-signature\r
\r
-----BEGIN PGP SIGNATURE-----\r
--b--\r
"""


def sent(
    octets: bytes,
    recipients: list[str] | None = None,
    *,
    sender: str | None = None,
    extra_from_headers: bool = False,
    local: str | None = None,
) -> Outgoing:
    outgoing = outgoing_from(
        octets,
        own=OWN,
        now=NOW,
        recipients=recipients,
        sender=sender,
        extra_from_headers=extra_from_headers,
        local=local,
    )
    assert_sound(outgoing.octets, encoded_by_us=False)
    assert not re.search(rb"^(resent-)?bcc[ \t]*:", header(outgoing), re.M | re.I)
    return outgoing


def header(outgoing: Outgoing) -> bytes:
    return outgoing.octets.partition(b"\r\n\r\n")[0] + b"\r\n"


def body(outgoing: Outgoing) -> bytes:
    return outgoing.octets.partition(b"\r\n\r\n")[2]


def test_a_patch_goes_out_as_git_wrote_it() -> None:
    outgoing = sent(GIT, ["list@there.example", "j@x.example", "boss@example.org"])
    assert outgoing.octets == GIT.replace(b"\n", b"\r\n")
    assert outgoing.recipients == (
        "list@there.example",
        "j@x.example",
        "boss@example.org",
    )
    assert outgoing.sender == "ann@example.org"
    assert outgoing.message_id == "20261130110000.12345-1-ann@example.org"
    assert outgoing.subject == "[PATCH 1/2] Say Grüße"
    assert outgoing.is_eight_bit
    assert not outgoing.needs_utf8


def test_what_cron_writes_comes_to_the_owner_of_the_account() -> None:
    outgoing = sent(CRON, ["ann"], local="ann@example.org")
    assert outgoing.recipients == ("ann@example.org",)
    assert outgoing.sender == "ann@example.org"
    envelope = parse_envelope(outgoing.octets)
    assert [(one.name, one.address) for one in envelope.from_] == [
        ("Cron Daemon", "ann@example.org")
    ]
    assert [one.address for one in envelope.to] == ["ann@example.org"]
    assert body(outgoing) == b" 10%\r\n 50%\r\n100%\r\nGr\xc3\xbc\xc3\x9fe\r\n"
    assert b'Content-Type: text/plain; charset="utf-8"\r\n' in outgoing.octets
    assert b"X-Cron-Env: <LOGNAME=ann>\r\n" in outgoing.octets
    with pytest.raises(FieldError, match="From"):
        sent(CRON, ["ann@example.org"])


def test_the_other_cron_writes_its_name_in_quotes() -> None:
    octets = b'From: "(Cron Daemon)" <ann>\nTo: ann\nSubject: x\n\nout\n'
    outgoing = sent(octets, local="ann@example.org")
    assert b'From: "(Cron Daemon)" <ann@example.org>\r\n' in outgoing.octets


def test_signed_mail_loses_its_bcc_and_nothing_else() -> None:
    outgoing = sent(SIGNED)
    assert body(outgoing) == SIGNED.partition(b"\r\n\r\n")[2]
    kept = SIGNED.partition(b"\r\n\r\n")[0].replace(b"Bcc: carol@x.example\r\n", b"")
    assert header(outgoing).startswith(kept + b"\r\n")
    assert outgoing.recipients == ("bob@there.example", "carol@x.example")
    assert outgoing.blind == b"Bcc: carol@x.example\r\n"
    unix = sent(SIGNED.replace(b"\r\n", b"\n"))
    assert body(unix) == body(outgoing)


def test_what_is_missing_is_added_behind_what_is_there() -> None:
    outgoing = sent(b"To: bob@there.example\nSubject: Hi\n\nHello")
    assert re.sub(rb"[0-9a-f]{32}", b"ID", outgoing.octets).split(b"\r\n") == [
        b"To: bob@there.example",
        b"Subject: Hi",
        b"Date: " + NOW.astimezone().strftime("%a, %d %b %Y %H:%M:%S %z").encode(),
        b"From: Ann Example <ann@example.org>",
        b"Message-ID: <ID@example.org>",
        b"MIME-Version: 1.0",
        b"Content-Type: text/plain; charset=us-ascii",
        b"",
        b"Hello",
        b"",
    ]
    assert f"<{outgoing.message_id}>".encode() in outgoing.octets


def test_fields_that_say_nothing_are_missing() -> None:
    outgoing = sent(b"To: b@x\nDate:\nMessage-ID: <>\nFrom: \nMIME-Version:\n\nx")
    for name in (b"Date", b"Message-ID", b"From", b"MIME-Version"):
        assert len(re.findall(rb"^%s: ?[^ \r]" % name, header(outgoing), re.M)) == 1
        assert len(re.findall(rb"^%s:" % name, header(outgoing), re.M)) == 1


def test_a_message_without_header_or_without_body_goes() -> None:
    assert body(sent(b"just text\nmore\n", ["b@x"])) == b"just text\r\nmore\r\n"
    assert body(sent(b"\nFrom: no field\n", ["b@x"])) == b"From: no field\r\n"
    assert body(sent(b"To: b@x\nSubject: x")) == b""
    assert body(sent(b"Subject: x\ntext at once\n", ["b@x"])) == b"text at once\r\n"


def test_the_line_of_an_mbox_is_left_out() -> None:
    octets = b"From ann@x Mon Nov 30 12:00:00 2026\nTo: b@x\n\n>From y\nFrom z\n"
    outgoing = sent(octets)
    assert outgoing.octets.startswith(b"To: b@x\r\n")
    assert body(outgoing) == b">From y\r\nFrom z\r\n"


def test_a_blind_copy_below_a_broken_header_is_not_sent_to_all() -> None:
    with pytest.raises(MailError, match="line 2 is no header field, and Bcc comes"):
        sent(b"To: b@x\nbroken line\nBcc: c@x\n\ntext\n")


@pytest.mark.parametrize("name", [b"Bcc", b"BCC", b"bcc ", b"Resent-Bcc"])
def test_a_blind_copy_is_found_however_it_is_spelled(name: bytes) -> None:
    outgoing = sent(b"To: b@x\n" + name + b": c@x,\n\td@x\nBcc: e@x\n\nx", ["b@x"])
    assert b"c@x" not in outgoing.octets
    assert b"d@x" not in outgoing.octets
    assert b"e@x" not in outgoing.octets


def test_recipients_are_the_named_ones_or_those_of_the_fields_or_both() -> None:
    octets = b"To: team: a@x, b@x;, a@x\nCc: c@x\nBcc: d@x\nBcc: e@x\n\nx"
    assert sent(octets).recipients == ("a@x", "b@x", "c@x", "d@x", "e@x")
    assert sent(octets, ["f@x"]).recipients == ("f@x",)
    both = sent(octets, ["f@x", "a@x"], extra_from_headers=True)
    assert both.recipients == ("a@x", "b@x", "c@x", "d@x", "e@x", "f@x")


def test_five_hundred_recipients_in_one_line_are_folded() -> None:
    many = ",".join(f"n{n}@x.example" for n in range(500)).encode()
    outgoing = sent(b"To: " + many + b"\n\nx")
    assert len(outgoing.recipients) == 500
    assert len(parse_envelope(outgoing.octets).to) == 500


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (b"", "the message is empty"),
        (b"\n\n", "the message is empty"),
        (b"Subject: x\n\nx", "To: nobody is named"),
        (b"To: a@x b@y\n\nx", 'To: between "a@x" and "b@y" a comma is missing'),
        (b"To: bob\n\nx", 'To: "bob" is no address'),
        (b"To: b@x\nBcc: <c@x\n\nx", 'Bcc: "<c@x": after < the > is missing'),
        (b"To: b@x\nFrom: a@x\nFrom: b@x\n\nx", "From: the field is there twice"),
        (b"To: b@x\nFrom: group:;\n\nx", "From: there is no address in it"),
        (b"To: b@x\n\na\n\0", "line 4: there is a NUL in it"),
        (b"To: b@x\nX-A: " + b"x" * 1200 + b"\n\nx", "X-A: a word is longer than 998"),
        (b"Resent-To: bob\nTo: b@x\n\nx", 'Resent-To: "bob" is no address'),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_said_in_one_line(octets: bytes, word: str) -> None:
    with pytest.raises(MailError) as raised:
        sent(octets)
    assert raised.value.line.startswith(word)


def test_a_named_recipient_or_sender_that_is_none_is_said() -> None:
    with pytest.raises(FieldError, match='recipient: "bob" is no address'):
        sent(b"To: b@x\n\nx", ["bob"])
    with pytest.raises(FieldError, match='sender: "bob" is no address'):
        sent(b"To: b@x\n\nx", sender="bob")


def test_the_sender_of_the_envelope_is_the_one_who_is_responsible() -> None:
    octets = b"From: boss@example.org, b@x\nTo: c@x\n\nx"
    several = sent(octets)
    assert several.sender == "boss@example.org"
    assert b"Sender: Ann Example <ann@example.org>\r\n" in several.octets
    assert sent(b"Sender: me@example.org\n" + octets).sender == "me@example.org"
    assert sent(octets, sender="bounce@x").sender == "bounce@x"
    assert sent(octets, sender="<>").sender == ""


def test_resent_mail_goes_to_whom_it_is_resent_and_stays_as_it_was() -> None:
    original = (
        b"Resent-To: older@x\r\nResent-From: older@x\r\nReceived: by x\r\n"
        b"From: x@y\r\nTo: list@x\r\nMessage-ID: <1@y>\r\n\r\nx\r\n"
    )
    outgoing = sent(b"Resent-To: new@x\r\nResent-Bcc: blind@x\r\n" + original)
    assert outgoing.recipients == ("new@x", "blind@x")
    assert outgoing.sender == "ann@example.org"
    assert outgoing.octets.endswith(original)
    assert header(outgoing).count(b"Resent-From: Ann Example <ann@example.org>") == 1
    assert header(outgoing).count(b"Resent-Date: ") == 1
    assert f"Resent-Message-ID: <{outgoing.message_id}>".encode() in outgoing.octets
    assert outgoing.blind == b"Resent-Bcc: blind@x\r\n"
    # A list that writes Resent- fields of its own names nobody in them.
    listed = b"Resent-From: list@x\nResent-Date: Mon, 30 Nov 2026 12:00:00 +0000\n"
    assert sent(listed + b"To: b@x\n\nx").recipients == ("b@x",)


def test_octets_in_the_header_are_encoded() -> None:
    outgoing = sent(
        "To: Jürgen <j@müller.example>\nSubject: Grüße =?utf-8?q?=C3=BC?=\n"
        "References: <a@x> <ü@x>\nContent-Type: text/plain; name=ü.txt\n\nx".encode()
    )
    assert header(outgoing).isascii()
    assert outgoing.recipients == ("j@xn--mller-kva.example",)
    envelope = parse_envelope(outgoing.octets)
    assert (envelope.to[0].name, envelope.subject) == ("Jürgen", "Grüße ü")
    assert envelope.references == ("a@x",)
    assert parse_message(outgoing.octets).filename == "ü.txt"
    latin = sent("To: b@x\nSubject: Grüße\n\nx".encode("latin-1"))
    assert parse_envelope(latin.octets).subject == "Grüße"
    assert sent("To: jürgen@x\n\nx".encode()).needs_utf8


def test_text_without_a_charset_gets_the_one_that_it_is_in() -> None:
    octets = "To: b@x\nContent-Type: text/plain; format=flowed\n\nGrüße".encode()
    outgoing = sent(octets)
    part = parse_message(outgoing.octets)
    assert (part.charset, part.encoding, part.format_flowed) == ("utf-8", "8bit", True)
    odd = sent("To: b@x\n\nGrüße".encode("latin-1"))
    assert parse_message(odd.octets).charset == "unknown-8bit"


def test_lines_that_are_too_long_are_encoded_and_the_text_is_the_same() -> None:
    text = "é" * 600 + "\n" + "x" * 2000 + "\n"
    octets = (
        "To: b@x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        f"--b\nContent-Type: text/html; charset=utf-8\n\n{text}\n"
        "--b\nContent-Type: image/png\nContent-Transfer-Encoding: BASE64\n\n"
        + "QUJD" * 500
        + "\n--b\n\nshort  \n--b--\n"
    ).encode()
    outgoing = sent(octets)
    root = parse_message(outgoing.octets)
    assert [one.encoding for one in root.children] == [
        "quoted-printable",
        "base64",
        "7bit",
    ]
    parts = [
        decode_part(one, cut_part(outgoing.octets, one.part_id) or b"")
        for one in root.children
    ]
    assert parts == [
        text.replace("\n", "\r\n").encode(),
        b"ABC" * 500,
        b"short  ",
    ]


def test_a_single_part_with_a_long_line_is_encoded() -> None:
    outgoing = sent(b"To: b@x\n\n" + b"x" * 5000 + b"\n\nend\n")
    part = parse_message(outgoing.octets)
    text = cut_part(outgoing.octets, PartId("1"))
    assert text is not None
    assert decode_part(part, text) == b"x" * 5000 + b"\r\n\r\nend\r\n"


@pytest.mark.parametrize(
    ("octets", "word"),
    [
        (SIGNED.replace(b"exactly", b"x" * 1000), "a signed part has a line longer"),
        (SIGNED.replace(b"An OpenPGP", b"x" * 1000), "line 1 of the body is longer"),
    ],
)
def test_a_long_line_that_may_not_be_touched_is_refused(
    octets: bytes, word: str
) -> None:
    with pytest.raises(MailError, match=word):
        sent(octets)


def test_what_is_not_ascii_is_encoded_for_a_server_of_seven_bits() -> None:
    inner = b"Subject: in\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xbc\r\n"
    octets = (
        b"To: b@x\r\nContent-Type: multipart/mixed; boundary=b\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n"
        b"--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n" + inner + b"\r\n"
        b"--b\r\n\r\nplain\r\n--b--\r\n"
    )
    written = as_seven_bit(octets)
    assert written is not None
    assert_sound(written)
    assert written.isascii()
    assert b"8bit" not in written
    found = {part.part_id: part for part in parse_message(written).walk()}
    assert [part.type for part in found.values()] == [
        "multipart/mixed",
        "text/plain",
        "message/rfc822",
        "text/plain",
        "text/plain",
    ]
    for number, text in (("1", "ä"), ("2.1", "ü\r\n")):
        coded = cut_part(written, PartId(number))
        assert coded is not None
        assert decode_part(found[PartId(number)], coded).decode() == text
    patch = as_seven_bit(GIT.replace(b"\n", b"\r\n"))
    assert patch is not None
    body_of_patch = decode_part(parse_message(patch), patch.partition(b"\r\n\r\n")[2])
    assert body_of_patch == GIT.replace(b"\n", b"\r\n").partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "octets",
    [SIGNED.replace(b"exactly", b"\xc3\xa4"), b"To: b@x\r\nX: \xc3\xa4\r\n\r\nx\r\n"],
)
def test_what_may_not_be_encoded_is_not(octets: bytes) -> None:
    assert as_seven_bit(octets) is None


def test_a_long_header_line_is_folded() -> None:
    ids = " ".join(f"<{n}@x.example>" for n in range(100))
    octets = f"To: b@x\nReferences: {ids}\nX-Long: {'ab ' * 500}\n\nx".encode()
    outgoing = sent(octets)
    assert len(parse_envelope(outgoing.octets).references) == 100


def test_a_mark_before_the_header_is_no_part_of_it() -> None:
    outgoing = sent(b"\xef\xbb\xbfTo: b@x\nSubject: x\n\nx")
    assert outgoing.octets.startswith(b"To: b@x\r\n")


def test_a_binary_body_is_no_more_than_eight_bit() -> None:
    outgoing = sent(b"To: b@x\nContent-Transfer-Encoding: binary\n\n\xc3\xa4\n")
    assert outgoing.octets.count(b"Content-Transfer-Encoding: 8bit") == 1
    assert b"binary" not in outgoing.octets


def test_a_field_of_very_many_lines_takes_no_time() -> None:
    outgoing = sent(b"To: b@x\nX-A:" + b" x\n" * 100_000 + b"\nx")
    assert outgoing.octets.count(b"\r\n x") == 99_999


def test_white_space_that_some_take_for_the_end_of_the_header_goes() -> None:
    outgoing = sent(b"To: b@x\nSubject: a\n \n b\nX-A : c\n\nx")
    assert b"Subject: a\r\n b\r\nX-A: c\r\n" in outgoing.octets


def test_nothing_in_a_body_ends_the_data_early() -> None:
    outgoing = sent(b"To: b@x\n\na\n.\nb\r.\rc\r\n.\rd\n\r.\n")
    assert body(outgoing) == (
        b"a\r\n.\r\nb\r\n.\r\nc\r\n.\r\nd\r\n\r\n.\r\n"
    )  # fmt: skip


def test_a_line_without_an_end_is_broken_in_linear_time() -> None:
    line = b"y= " * 1_300_000 + b"y"
    begun = time.process_time()
    outgoing = sent(b"To: b@x\n\n" + line + b"\n")
    assert time.process_time() - begun < 15
    assert max(map(len, outgoing.octets.split(b"\r\n"))) <= 76
    assert quopri.decodestring(body(outgoing)) == line + b"\r\n"


def test_no_field_begins_after_a_return_alone() -> None:
    outgoing = sent(b"To: b@x\nSubject: a\rBcc: eve@there.example\n\na\rb\n")
    assert outgoing.recipients == ("b@x",)
    assert b"Subject: a Bcc: eve@there.example\r\n" in outgoing.octets
    assert body(outgoing) == b"a\r\nb\r\n"


def test_lines_of_old_kinds_are_lines() -> None:
    written = b"To: b@x\nSubject: a\n\nb\nc\n"
    for end in (b"\r", b"\r\r\n", b"\r\n"):
        outgoing = sent(written.replace(b"\n", end))
        assert b"Subject: a\r\n" in outgoing.octets
        assert body(outgoing).split() == [b"b", b"c"]


def test_mail_of_every_kind_goes_or_is_refused_in_one_line() -> None:
    chosen = random.Random(20_261_130)
    samples = [letter.octets for letter in letters()] + [GIT, CRON, SIGNED]
    pieces = [b"\r", b"\n", b"\r\n\r\n", b":", b"x" * 1_500, b"\xff", b"<", b'"', b"--"]
    for octets in samples * 2:
        changed = bytearray(octets)
        for _ in range(chosen.randint(0, 8)):
            at = chosen.randrange(len(changed))
            changed[at : at + chosen.randint(0, 3)] = chosen.choice(pieces)
        for recipients in (None, ["b@there.example"]):
            with suppress(MailError):
                outgoing = sent(bytes(changed), recipients)
                again = sent(outgoing.octets, list(outgoing.recipients))
                assert again.octets == outgoing.octets
