from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.mailbox import ListedMailbox, SpecialUse
from tui_mail.model.mailbox_names import decode_name, encode_name, same_name
from tui_mail.model.namespace import Namespace, NamespaceKind
from tui_mail.model.special_use import with_special_uses


@given(st.text())
def test_every_name_goes_to_the_wire_and_back(name: str) -> None:
    wire_name = encode_name(name)
    assert all(0x20 <= octet <= 0x7E for octet in wire_name)
    assert decode_name(wire_name) == name


@given(st.binary())
def test_every_wire_name_is_decoded(wire_name: bytes) -> None:
    decode_name(wire_name).encode("utf-8")


def test_names_of_the_rfc() -> None:
    assert decode_name(b"~peter/mail/&U,BTFw-/&ZeVnLIqe-") == "~peter/mail/台北/日本語"
    assert encode_name("~peter/mail/台北/日本語") == b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"
    assert decode_name(b"a&-b") == "a&b"
    assert decode_name(b"a&b") == "a&b"
    assert same_name(b"inbox", b"INBOX")
    assert not same_name(b"a", b"A")


def _listed(*names: str, delimiter: str = "/") -> list[ListedMailbox]:
    """List mailboxes; attributes follow a name after a ``|``."""
    return [
        ListedMailbox(
            wire_name=encode_name(name),
            name=name,
            delimiter=delimiter,
            attributes=frozenset(attributes.split()),
            special_use=None,
            subscribed=True,
        )
        for name, _, attributes in (text.partition("|") for text in names)
    ]


def _uses(*names: str, delimiter: str = "/") -> dict[str, str]:
    found = with_special_uses(_listed(*names, delimiter=delimiter))
    return {str(one.special_use): one.name for one in found if one.special_use}


def test_the_servers_word_counts_more_than_a_name() -> None:
    assert _uses("INBOX", "Sent", "Outgoing|\\sent", "Bin", "Trash") == {
        "inbox": "INBOX", "sent": "Outgoing", "trash": "Trash",
    }  # fmt: skip
    assert _uses("[Gmail]|\\noselect", "[Gmail]/Alle Nachrichten|\\allmail") == {
        "all": "[Gmail]/Alle Nachrichten"
    }


def test_usual_names_count_in_many_languages_and_cases() -> None:
    assert _uses("INBOX", "Gesendete Objekte", "entwürfe", "PAPIERKORB", "Archiv") == {
        "inbox": "INBOX", "sent": "Gesendete Objekte", "drafts": "entwürfe",
        "trash": "PAPIERKORB", "archive": "Archiv",
    }  # fmt: skip
    assert _uses("送信済みアイテム", "下書き", "ごみ箱", "迷惑メール") == {
        "sent": "送信済みアイテム", "drafts": "下書き", "trash": "ごみ箱",
        "junk": "迷惑メール",
    }  # fmt: skip
    assert _uses("INBOX.Sent", "INBOX.Spam", delimiter=".") == {
        "sent": "INBOX.Sent", "junk": "INBOX.Spam",
    }  # fmt: skip


def test_a_usual_name_deep_down_is_no_use() -> None:
    assert (
        _uses("Work", "Work/Sent", "Lists", "Lists/Archive", "Drafts|\\noselect") == {}
    )
    assert _uses("user|\\noselect", "user/bob|\\noselect", "user/bob/Trash") == {}


def test_only_what_holds_mail_has_a_use_and_of_two_alike_the_higher_one() -> None:
    assert _uses("Trash|\\noselect \\trash", "Papierkorb") == {"trash": "Papierkorb"}
    assert _uses("INBOX/Trash", "Trash") == {"trash": "Trash"}
    assert _uses("Trash", "INBOX/Trash") == {"trash": "Trash"}
    assert _uses("Entwu\u0308rfe") == {"drafts": "Entwu\u0308rfe"}


def test_others_mailboxes_have_no_use_whatever_is_said_of_them() -> None:
    told = (Namespace(NamespaceKind.OTHERS, b"user.", "."),)
    listed = _listed(
        *(
            "user|\\noselect",
            "user.Trash",
            "user.bob|\\noselect",
            "user.bob.Sent|\\sent",
        ),
        *("INBOX", "INBOX.Spam"),
        delimiter=".",
    )
    found = [one.special_use for one in with_special_uses(listed, told)]
    assert found == [None, None, None, None, SpecialUse.INBOX, SpecialUse.JUNK]


def test_each_use_has_one_mailbox() -> None:
    assert _uses("Deleted Items", "Trash", "Papierkorb") == {"trash": "Trash"}
    assert SpecialUse("trash") is SpecialUse.TRASH
