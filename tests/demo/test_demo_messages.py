"""The sample mail: that it is ours, the same each time, and shows what it should."""

import io
import re
import zipfile
import zlib
from collections import Counter
from email import message_from_bytes
from email.message import Message
from email.policy import default

import pytest

from tui_mail.demo.clock import NOW
from tui_mail.demo.letter import Letter
from tui_mail.demo.messages import MAILBOXES, letters

ADDRESS = re.compile(rb"[A-Za-z0-9._+-]+@([A-Za-z0-9.-]+[A-Za-z0-9])")


def parts(letter: Letter) -> list[Message]:
    return list(message_from_bytes(letter.octets, policy=default).walk())


def types() -> Counter[str]:
    return Counter(
        part.get_content_type() for each in letters() for part in parts(each)
    )


def test_there_are_about_sixty_messages_spread_over_all_mailboxes() -> None:
    spread = Counter(letter.mailbox for letter in letters())
    assert 55 <= spread.total() <= 75
    assert set(spread) == {"INBOX", *MAILBOXES}
    assert spread["INBOX"] >= 35


def test_every_address_is_a_reserved_one() -> None:
    for letter in letters():
        heads = [part.as_bytes().split(b"\n\n")[0] for part in parts(letter)]
        for domain in ADDRESS.findall(b"\n".join(heads)):
            assert domain.endswith(b".example"), (letter.subject, domain)


def test_the_messages_are_the_same_octets_at_every_start() -> None:
    assert [each.octets for each in letters()] == [each.octets for each in letters()]


def test_no_message_lies_in_the_future_of_the_demo() -> None:
    assert all(letter.arrived <= NOW for letter in letters())


def test_lines_end_as_mail_does() -> None:
    for letter in letters():
        assert b"\n" not in letter.octets.replace(b"\r\n", b""), letter.subject


def test_a_message_id_names_one_message_and_its_copy_in_sent() -> None:
    counts = Counter(
        message_from_bytes(letter.octets).get("Message-ID") for letter in letters()
    )
    assert [each for each, count in counts.items() if count > 1] == [
        "<wal-3@corp.example>"
    ]


def test_every_answer_finds_what_it_answers() -> None:
    known = {letter.message_id for letter in letters() if not letter.raw}
    for letter in letters():
        assert set(letter.after) <= known, letter.subject


@pytest.mark.parametrize(
    "kind",
    [
        "text/calendar",
        "application/pdf",
        "application/zip",
        "image/png",
        "message/rfc822",
        "message/delivery-status",
        "multipart/signed",
        "multipart/digest",
        "multipart/related",
        "multipart/alternative",
    ],
)
def test_the_demo_has_a_message_with(kind: str) -> None:
    assert types()[kind]


def test_the_mail_is_written_in_many_charsets() -> None:
    used = {
        str(part.get_content_charset())
        for letter in letters()
        for part in parts(letter)
        if part.get_content_maintype() == "text"
    }
    assert {"iso-2022-jp", "gb18030", "euc-kr", "iso-8859-15", "utf-8"} <= used


def test_some_are_unread_flagged_and_answered() -> None:
    inbox = [letter.flags for letter in letters() if letter.mailbox == "INBOX"]
    assert sum("seen" not in flags for flags in inbox) >= 8
    assert sum("flagged" in flags for flags in inbox) >= 2
    assert sum("answered" in flags for flags in inbox) >= 2


def test_one_message_has_no_date_and_one_no_subject() -> None:
    read = [message_from_bytes(letter.octets) for letter in letters()]
    assert sum(message["Date"] is None for message in read) == 1
    assert sum(message["Subject"] == "" for message in read) == 1


def test_the_attack_on_the_terminal_is_one() -> None:
    attacks = [each.octets for each in letters() if b"\x1b]52;" in each.octets]
    assert len(attacks) == 1
    assert b"=1B=5D52;" in attacks[0]


def test_the_attachments_are_real_files() -> None:
    for letter in letters():
        for part in parts(letter):
            octets = part.get_payload(decode=True)
            if part.get_content_type() == "application/pdf":
                assert isinstance(octets, bytes)
                check_pdf(octets)
            if part.get_content_type() == "image/png":
                assert isinstance(octets, bytes)
                check_png(octets)
            if part.get_content_type() == "application/zip":
                assert isinstance(octets, bytes)
                assert zipfile.ZipFile(io.BytesIO(octets)).testzip() is None


def check_pdf(octets: bytes) -> None:
    assert octets.startswith(b"%PDF-")
    table = int(octets.split(b"startxref\n")[1].split(b"\n")[0])
    places = re.findall(rb"^(\d{10}) 00000 n ", octets[table:], re.M)
    for number, place in enumerate(places, start=1):
        assert octets[int(place) :].startswith(b"%d 0 obj" % number)


def check_png(octets: bytes) -> None:
    assert octets.startswith(b"\x89PNG\r\n\x1a\n")
    width = int.from_bytes(octets[16:20])
    height = int.from_bytes(octets[20:24])
    start = octets.index(b"IDAT")
    length = int.from_bytes(octets[start - 4 : start])
    pixels = zlib.decompress(octets[start + 4 : start + 4 + length])
    assert len(pixels) == height * (3 * width + 1)
