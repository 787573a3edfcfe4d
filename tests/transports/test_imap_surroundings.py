"""Namespaces, rights and quota: as a real server has them, and as odd ones say them."""

import logging
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.dovecot import NEIGHBOURS, Dovecot, Options
from tests.servers.ports import HOST
from tests.servers.pymap import Pymap
from tests.servers.scripted import Peer, scripted
from tests.transports.conftest import Connect, Reach
from tui_mail.model.mailbox import SpecialUse
from tui_mail.model.namespace import Namespace, NamespaceKind, namespace_of
from tui_mail.model.rights import Right, Rights
from tui_mail.transports.imap_namespace import parse_namespaces
from tui_mail.transports.imap_quota import parse_quotas
from tui_mail.transports.imap_responses import parse_software
from tui_mail.transports.imap_rights import parse_rights
from tui_mail.transports.imap_tokens import Unreadable

PERSONAL, OTHERS, SHARED = NamespaceKind
LETTER = b"From: ann@example.org\r\nSubject: x\r\n\r\nhi\r\n"


@pytest.fixture
def neighbours(dovecots: Callable[[Options], Dovecot]) -> Dovecot:
    return dovecots(NEIGHBOURS)


@pytest.mark.dovecot
def test_dovecot_tells_of_neighbours_rights_and_room(
    neighbours: Dovecot, connect: Connect
) -> None:
    bob, ann = neighbours.fresh_user(), neighbours.fresh_user()
    neighbours.raw(
        bob,
        'CREATE "Trash of Bob"',
        'CREATE "Post &- B&APw-ro"',
        f'SETACL "Trash of Bob" {ann} lrws',
        f'SETACL "Post &- B&APw-ro" {ann} lr',
        f"SETACL Trash {ann} lr",
    )
    neighbours.make_public(f"News {ann}", "lrs", [LETTER])
    connection = connect(neighbours.imap(ann))
    told = connection.namespaces()
    assert told == (
        Namespace(PERSONAL, b"", "/"),
        Namespace(OTHERS, b"shared/", "/"),
        Namespace(SHARED, b"public/", "/"),
    )
    listed = {
        one.name: one
        for one in connection.list_mailboxes(subscribed_only=False, namespaces=told)
    }
    theirs = [name for name in listed if name.startswith(f"shared/{bob}/")]
    assert {f"shared/{bob}/Trash", f"shared/{bob}/Trash of Bob"} < set(theirs)
    assert len(theirs) == 3
    assert not any(listed[name].special_use for name in theirs)
    assert listed["Trash"].special_use is SpecialUse.TRASH
    public = listed[f"public/News {ann}"]
    assert public.counts is not None
    assert public.counts.messages == 1
    names = [listed[name].wire_name for name in (*theirs, public.name)]
    rights = connection.my_rights([*names, b"not there", b"broken\r\nname"])
    assert set(names) <= set(rights) <= {*names, b"not there"}
    assert rights[public.wire_name] == Rights("lrs")
    assert rights[f"shared/{bob}/Trash of Bob".encode()] == Rights("lrsw")
    assert not connection.select(f"shared/{bob}/Trash of Bob".encode()).read_only
    assert connection.select(f"shared/{bob}/Trash".encode()).read_only
    quotas = connection.quotas()
    assert quotas is not None
    [room] = quotas
    assert (room.root, room.resource, room.limit) == ("User quota", "STORAGE", 1024)
    assert not room.is_near
    neighbours.fill(ann, [LETTER + b"x" * 76 * 1024] * 13)
    [room] = connection.quotas() or ()
    assert room.is_near
    assert room.in_words == "1.0 of 1.0 MB used (96 %)"
    connection.close()


def test_who_announces_nothing_is_asked_nothing(pymap: Pymap, connect: Connect) -> None:
    connection = connect(pymap.imap("u9"))
    assert connection.namespaces() == ()
    assert connection.my_rights([b"INBOX"]) == {}
    assert connection.quotas() is None
    connection.close()


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b'(("" "/")) NIL NIL', [(PERSONAL, b"", "/")]),
        (b'(("" NIL)) nil nil', [(PERSONAL, b"", "")]),
        (
            b'(("INBOX." ".")) (("user." ".")) (("" ".")("#news." "."))',
            [
                *((PERSONAL, b"INBOX.", "."), (OTHERS, b"user.", ".")),
                *((SHARED, b"", "."), (SHARED, b"#news.", ".")),
            ],
        ),
        (
            b'(("" "/" "X-PARAM" ("FLAG1" "FLAG2"))) NIL (() ("a\\"b\\\\" "\\\\"))',
            [(PERSONAL, b"", "/"), (SHARED, b'a"b\\', "\\")],
        ),
        (b"NIL NIL NIL", []),
    ],
)
def test_namespaces_are_read_however_they_are_said(
    said: bytes, found: list[tuple[NamespaceKind, bytes, str]]
) -> None:
    assert parse_namespaces([said]) == tuple(Namespace(*one) for one in found)


def test_what_cannot_be_said_to_a_server_is_no_namespace() -> None:
    said = [b"((", b"evil\r\nA LOGOUT ", b' "/")("" "/")) NIL NIL']
    assert parse_namespaces(said) == (Namespace(PERSONAL, b"", "/"),)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=3))
def test_nothing_that_is_said_brings_out_another_error(said: list[bytes]) -> None:
    for parse in (parse_namespaces, parse_rights, parse_quotas, parse_software):
        try:
            parse(said)
        except Unreadable:
            continue


def test_rights_of_old_times_mean_those_of_today() -> None:
    assert parse_rights([b"Team lrswipcda"])[1] == Rights("aeiklprstwx")
    assert parse_rights([b'"a b" lrswipkxtecd'])[1] == Rights("eiklprstwx")
    assert parse_rights([b"a b LRS"]) == (b"a b", Rights("lrs"))
    assert parse_rights([b'INBOX ""'])[1] == Rights("")
    assert Right.INSERT in Rights("lri")
    words = {one: Rights(one).in_words for one in ("lr", "lrs", "lrswite", "lrswi")}
    assert words == {
        "lr": "read only",
        "lrs": "read only",
        "lrswite": "",
        "lrswi": "no taking mail out",
    }


def test_quotas_are_read_however_they_are_said() -> None:
    [storage, messages] = parse_quotas(
        [b'"" (storage 900 1000 Message 3 0 message 1 9)']
    )
    assert (storage.resource, storage.percent, storage.is_near) == ("STORAGE", 90, True)
    assert (messages.resource, messages.limit) == ("MESSAGE", 9)
    assert parse_quotas([b"User quota (STORAGE 1 2)"])[0].root == "User quota"
    assert parse_quotas([b"root ()"]) == []
    large = parse_quotas([b"r (STORAGE 4823449 5242880)"])[0]
    assert large.in_words == "4.9 of 5.4 GB used (91 %)"
    hostile = parse_quotas([b'"\x1b[31m" (X\x1b 1 2)'])[0]
    assert "\x1b" not in hostile.root + hostile.resource + hostile.in_words
    for odd in (b"(STORAGE 1 2)", b"r (STORAGE x 2)", b"r (STORAGE 1 2", b"r"):
        with pytest.raises(Unreadable):
            parse_quotas([odd])


def test_a_mailbox_lies_where_its_longest_prefix_says() -> None:
    told = (
        Namespace(PERSONAL, b"INBOX.", "."),
        Namespace(OTHERS, b"user.", "."),
        Namespace(SHARED, b"", "."),
    )
    kinds = {}
    for name in (b"INBOX", b"inbox.Sent", b"user.bob", b"user", b"Team.A"):
        found = namespace_of(name, told)
        kinds[name] = found.kind if found else None
    assert kinds == {
        b"INBOX": None,
        b"inbox.Sent": PERSONAL,
        b"user.bob": OTHERS,
        b"user": OTHERS,
        b"Team.A": SHARED,
    }
    assert [one.parts for one in told] == [1, 1, 0]
    assert Namespace(SHARED, b"#public/mail/", "/").parts == 2
    assert namespace_of(b"INBOX.x", ()) is None


def test_a_refused_question_is_answered_with_nothing(reach: Reach) -> None:
    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 NAMESPACE ACL QUOTA")
        peer.expect(b"NAMESPACE")
        peer.done(b"NO not now")
        peer.expect(b'MYRIGHTS "a"')
        peer.say(b"* MYRIGHTS a lr\r\n* MYRIGHTS b lrswite\r\n* MYRIGHTS (\r\n")
        peer.ok()
        peer.expect(b'MYRIGHTS "b"')
        peer.done(b"NO [NOPERM] not you")
        peer.expect(b'GETQUOTAROOT "INBOX"')
        peer.done(b"BAD what")
        peer.answer(
            b'GETQUOTAROOT "INBOX"', b"QUOTAROOT INBOX", b"QUOTA (", b"2 EXISTS"
        )
        peer.answer(b"NAMESPACE", b'NAMESPACE (("" "/"')
        peer.serve()

    with scripted(play) as server:
        connection = reach(server.port)
        assert connection.namespaces() is None
        rights = connection.my_rights([b"a", b"b"])
        assert rights == {b"a": Rights("lr"), b"b": Rights("eilrstw")}
        assert connection.quotas() is None
        assert connection.quotas() == ()
        assert connection.namespaces() is None
        connection.logout()


def test_others_mailboxes_are_listed_where_the_usual_listing_hides_them(
    reach: Reach,
) -> None:
    told = (
        Namespace(PERSONAL, b"", "/"),
        Namespace(OTHERS, b"~", "/"),
        Namespace(SHARED, b'#sh"ared/', "/"),
        Namespace(SHARED, b"#news.", "."),
    )

    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1")
        peer.answer(b'LIST "" "*"', b'LIST () "/" INBOX', b'LIST () "/" Papierkorb')
        peer.expect(b'LIST "" "~*"')
        peer.done(b"NO nobody")
        peer.answer(
            b'LIST "" "#sh\\"ared/*"',
            b'LIST (\\Noselect) "/" "#sh\\"ared"',
            b'LIST () "/" "#sh\\"ared/Sent"',
            b'LIST () "/" "#sh\\"ared/Trash"',
        )
        peer.answer(b"LSUB", b'LSUB () "/" Papierkorb')
        peer.serve()

    with scripted(play) as server:
        connection = reach(server.port)
        listed = connection.list_mailboxes(subscribed_only=False, namespaces=told)
        uses = {one.name: one.special_use for one in listed}
        assert uses == {
            "INBOX": SpecialUse.INBOX,
            "Papierkorb": SpecialUse.TRASH,
            '#sh"ared': None,
            '#sh"ared/Sent': None,
            '#sh"ared/Trash': None,
        }
        connection.logout()


def test_where_one_listing_of_all_is_refused_each_is_asked_for(reach: Reach) -> None:
    told = (Namespace(OTHERS, b"~", "/"), Namespace(SHARED, "#é".encode(), "/"))

    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 LIST-EXTENDED")
        peer.expect(b'LIST "" ("*" "~*") RETURN (SUBSCRIBED)')
        peer.done(b"NO [CANNOT] no such user")
        peer.answer(
            b'LIST "" "*" RETURN (SUBSCRIBED)', b'LIST (\\Subscribed) "/" INBOX'
        )
        peer.expect(b'LIST "" "~*" RETURN (SUBSCRIBED)')
        peer.done(b"NO [CANNOT] no such user")
        peer.answer(
            b'LIST "" {4}\r\n#\xc3\xa9* RETURN',
            b'LIST (\\Subscribed) "/" {7}\r\n#\xc3\xa9Team',
        )
        peer.serve()

    with scripted(play) as server:
        connection = reach(server.port)
        listed = connection.list_mailboxes(subscribed_only=True, namespaces=told)
        assert [one.name for one in listed] == ["INBOX", "#éTeam"]
        connection.logout()


def test_the_server_is_told_who_asks_after_the_login_and_its_answer_is_kept(
    reach: Reach, caplog: pytest.LogCaptureFixture
) -> None:
    def play(peer: Peer) -> None:
        peer.greet("IMAP4rev1 ID")
        peer.answer(
            b'ID ("name" "tui-mail" "version" ',
            b'ID ("Name" "Odd\x1b[31m" "support-url" NIL "version" "1.2")',
        )
        peer.serve()

    with scripted(play) as server, caplog.at_level(logging.INFO):
        reach(server.port).logout()
    assert f"{HOST} is Odd␛[31m 1.2" in caplog.messages
    assert "\x1b" not in caplog.text
    assert parse_software([b"NIL"]) == ""
