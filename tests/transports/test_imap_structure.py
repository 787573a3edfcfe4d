"""BODYSTRUCTURE gives the tree that the message itself gives, or nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.dovecot import Dovecot
from tui_mail.config.settings import Server
from tui_mail.mime.parse import parse_message
from tui_mail.model.body import BodyPart
from tui_mail.model.uids import LARGEST, UidSet
from tui_mail.transports.imap import ImapConnection
from tui_mail.transports.imap_structure import parse_structure
from tui_mail.transports.imap_tokens import Unreadable, balanced, tokens

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
INVITATION = Path(__file__).parents[1] / "mime" / "messages" / "invitation.eml"

_MIXED = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n%b--b%d--\r\n"


def _mixed(number: int, *parts: bytes) -> bytes:
    whole = b"".join(b"--b%d\r\n%b\r\n" % (number, part) for part in parts)
    return _MIXED % (number, whole, number)


_TEXT = b"Content-Type: text/plain; charset=utf-8\r\n\r\nHello"
_IMAGE = (
    b'Content-Type: image/png; name="=?utf-8?q?=C3=BC.png?="\r\n'
    b"Content-Transfer-Encoding: base64\r\nContent-ID: <i@x>\r\n"
    b"Content-Disposition: inline;\r\n filename*0*=utf-8''%C3%BC;\r\n"
    b' filename*1=" b.png"\r\n\r\nQUJD'
)
_ENCLOSED = b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\nFrom: a@b\r\n"
OWN = [
    b"Subject: x\r\n\r\nonly text\r\n",
    _TEXT,
    b"Content-Type: application/pdf; name=a.pdf\r\n\r\nx",
    b"Content-Type: TEXT/HTML; CHARSET=ISO-8859-1; format=flowed; delsp=yes\r\n\r\nx",
    _mixed(1, _TEXT, _IMAGE),
    _mixed(1, _mixed(2, _TEXT, _mixed(3, _IMAGE, _TEXT)), _IMAGE),
    _mixed(1, _TEXT, _ENCLOSED + b"\r\nbody", _IMAGE),
    _mixed(1, _TEXT, _ENCLOSED + _mixed(2, _TEXT, _ENCLOSED + _mixed(3, _IMAGE))),
    _ENCLOSED + b"\r\nbody",
    _ENCLOSED + _mixed(2, _TEXT, _IMAGE),
    b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: 1\r\n\r\nx"
    b"\r\n--b\r\n\r\nSubject: 2\r\n\r\ny\r\n--b--\r\n",
]


def _comparable(part: BodyPart) -> BodyPart:
    """Drop what BODYSTRUCTURE does not say, and the charset that Dovecot fills in."""
    return replace(
        part,
        charset="" if part.charset == "us-ascii" else part.charset,
        encoding="" if part.is_multipart else part.encoding,
        size=0 if part.is_multipart else part.size,
        boundary_broken=False,
        children=tuple(_comparable(child) for child in part.children),
    )


def _crlf(octets: bytes) -> bytes:
    text = octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return text.replace(b"\0", b"?") or b"\r\n"


def _served(
    connection: ImapConnection, messages: list[bytes]
) -> list[tuple[bytes, BodyPart | None]]:
    connection.select(b"INBOX")
    found = connection.fetch_structures(UidSet.between(1, LARGEST))
    assert sorted(found) == list(range(1, len(messages) + 1))
    return [found[uid] for uid in sorted(found)]


@pytest.mark.dovecot
def test_the_server_and_the_message_give_the_same_tree(
    dovecot: Dovecot, connect: Callable[[Server], ImapConnection]
) -> None:
    user = dovecot.fresh_user()
    messages = [*OWN, _crlf(INVITATION.read_bytes())]
    dovecot.fill(user, messages)
    served = _served(connect(dovecot.imap(user)), messages)
    for message, (header, structure) in zip(messages, served, strict=True):
        assert structure is not None
        assert _comparable(structure) == _comparable(parse_message(message))
        assert header == message[: message.index(b"\r\n\r\n") + 4]


@pytest.mark.dovecot
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_real_mail_gives_the_same_tree_but_where_it_is_broken(
    dovecot: Dovecot, connect: Callable[[Server], ImapConnection]
) -> None:
    paths = [
        path
        for path in sorted(CORPUS.rglob("*"))
        if path.is_file() and path.suffix not in (".json", ".md")
    ]
    messages = [_crlf(path.read_bytes()) for path in paths]
    user = dovecot.fresh_user()
    dovecot.fill(user, messages)
    connection = connect(dovecot.imap(user))
    connection.deadline = 60
    served = _served(connection, messages)
    assert all(structure is not None for _, structure in served)
    alike = sum(
        structure is not None
        and _comparable(structure) == _comparable(parse_message(message))
        for message, (_, structure) in zip(messages, served, strict=True)
    )
    assert alike > 0.98 * len(messages)


def _parsed(text: bytes) -> BodyPart | None:
    return parse_structure(tokens([text]))


def test_a_structure_is_read_whatever_case_and_extensions() -> None:
    part = _parsed(
        b'("text" "PLAIN" NIL nil NIL "Quoted-Printable" 12 1 NIL '
        b'("ATTACHMENT" ("FILENAME" "a \\"b\\".txt")) NIL NIL ("more" (1 2)))'
    )
    assert part is not None
    assert (part.part_id, part.type, part.size) == ("1", "text/plain", 12)
    assert part.encoding == "quoted-printable"
    assert part.disposition == "attachment"
    assert part.filename == 'a "b".txt'


@pytest.mark.parametrize(
    "text",
    [
        b"NIL",
        b"()",
        b"(NIL)",
        b"(())",
        b"((()))",
        b'("text")',
        b'("text" "plain" NIL NIL NIL)',
        b'(("text" "plain" NIL NIL NIL "7bit" 1 1) (NIL) "mixed")',
        b'("text" "plain" NIL NIL NIL "7bit" 1 1',
        b'("text" "plain" NIL NIL NIL "7bit" 1 1))',
        b"(" * 100_000 + b")" * 100_000,
        b"(" * 300 + b'"text" "plain" NIL NIL NIL "7bit" 1 1' + b" NIL)" * 300,
        b'(("text" "plain" NIL NIL NIL "7bit" 1 1))',
        b"(" + b'("text" "plain" NIL NIL NIL "7bit" 1 1)' * 2_000 + b' "mixed")',
    ],
    ids=range(14),
)
def test_a_structure_that_cannot_be_is_none(text: bytes) -> None:
    assert _parsed(text) is None


@pytest.mark.parametrize(
    "text",
    [
        b"(NIL NIL NIL NIL NIL NIL NIL)",
        b'("text" "plain" (NIL NIL NIL) (1) (2) (3) (4) (5))',
        b'("text" "plain" ("charset") NIL NIL NIL -1 NIL)',
        b'("text\r\nX: 1" "plain" ("a\r\nb" "c\r\nd") NIL NIL NIL 1 1 NIL "attachment")',
        b'("message" "rfc822" NIL NIL NIL "7bit" 1 NIL NIL NIL)',
        b'(("text" "plain" NIL NIL NIL "7bit" 1 1) NIL)',
        b'("image" "png" NIL NIL NIL "base64" 99999999999999999999 NIL ("inline"))',
    ],
    ids=range(7),
)
def test_a_structure_that_lacks_something_is_still_a_structure(text: bytes) -> None:
    assert _parsed(text) is not None


def test_names_of_parameters_cannot_bring_in_another() -> None:
    part = _parsed(
        b'("application" "x" ("name=\\"evil\\"; x" "y" "name" "good; name=evil") '
        b'NIL NIL "7bit" 1)'
    )
    assert part is not None
    assert part.filename == "good; name=evil"


@given(st.text(alphabet='() "\\NIL1atextplin', max_size=80))
def test_no_structure_raises(text: str) -> None:
    octets = text.encode()
    try:
        value = tokens([octets])
        value = value[: balanced(value, 0)] if value else value
    except Unreadable:
        return
    parse_structure(value)
