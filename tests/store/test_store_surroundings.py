from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.store.filling import NAMES, Place, listed
from tui_mail.model.displayable import Displayable
from tui_mail.model.error import MailError
from tui_mail.model.flags import FLAGGED, SEEN
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.model.mailbox import ListedMailbox, SpecialUse
from tui_mail.model.namespace import Namespace, NamespaceKind
from tui_mail.model.operation import (
    Copy,
    CreateMailbox,
    DeleteMailbox,
    Expunge,
    Move,
    RenameMailbox,
    SetFlags,
    Wish,
)
from tui_mail.model.quota import Quota
from tui_mail.model.rights import Right, Rights
from tui_mail.store.mailboxes import (
    apply_listing,
    find_mailbox,
    find_role,
    load_mailboxes,
    save_state,
)
from tui_mail.store.operations import load_pending
from tui_mail.store.performing import perform
from tui_mail.store.surroundings import (
    apply_namespaces,
    apply_quotas,
    apply_rights,
    load_namespaces,
    load_quotas,
    note_asked,
    place_mailboxes,
    seconds_since_asked,
)

PERSONAL, OTHERS, SHARED = NamespaceKind
TOLD = (
    Namespace(PERSONAL, b"", "/"),
    Namespace(OTHERS, b"user/", "/"),
    Namespace(SHARED, b"#public/team/", "/"),
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "work.db")


def _list(place: Place, *more: str, roles: dict[SpecialUse, str] | None = None) -> None:
    boxes: list[ListedMailbox] = [
        *(listed(name, use) for name, use in NAMES.items()),
        *(listed(name) for name in more),
    ]
    with place.database.transaction() as tx:
        apply_namespaces(tx, TOLD)
        apply_listing(tx, boxes, roles or {})
        place_mailboxes(tx)


def test_others_mailboxes_stand_after_ones_own_and_say_whose_they_are(
    place: Place,
) -> None:
    _list(place, "#public/team/Alpha", "user/bob/Zoo", "user/bob", "Zzz")
    assert load_namespaces(place.database) == TOLD
    boxes = load_mailboxes(place.database)
    assert [box.name for box in boxes[-5:]] == [
        *("Work", "Zzz", "user/bob", "user/bob/Zoo", "#public/team/Alpha"),
    ]
    found = {str(box.name): (box.namespace, box.prefix_parts) for box in boxes}
    assert found["Zzz"] == (PERSONAL, 0)
    assert found["user/bob/Zoo"] == (OTHERS, 1)
    assert found["#public/team/Alpha"] == (SHARED, 2)


def test_a_role_of_the_settings_is_found_below_the_prefix_of_ones_own(
    place: Place,
) -> None:
    boxes = [
        replace(listed("INBOX", SpecialUse.INBOX), delimiter="."),
        replace(listed("INBOX.Old"), delimiter="."),
        replace(listed("INBOX.Sent", SpecialUse.SENT), delimiter="."),
        replace(listed("Old"), delimiter="."),
    ]
    with place.database.transaction() as tx:
        apply_namespaces(tx, [Namespace(PERSONAL, b"INBOX.", ".")])
        apply_listing(tx, boxes, {SpecialUse.ARCHIVE: "Old"})
    found = find_role(place.database, SpecialUse.ARCHIVE)
    assert found is not None
    assert found.name == "Old"
    with place.database.transaction() as tx:
        apply_listing(tx, boxes[:3], {SpecialUse.ARCHIVE: "Old"})
    found = find_role(place.database, SpecialUse.ARCHIVE)
    assert found is not None
    assert found.name == "INBOX/Old"


def test_what_was_asked_for_and_how_much_room_there_is_are_remembered(
    place: Place,
) -> None:
    assert seconds_since_asked(place.database, "quota") == float("inf")
    room = (Quota(Displayable("User quota"), Displayable("STORAGE"), 9, 10),)
    with place.database.transaction() as tx:
        note_asked(tx, "quota")
        apply_quotas(tx, room)
    assert seconds_since_asked(place.database, "quota") < 60
    assert load_quotas(place.database) == room
    with place.database.transaction() as tx:
        apply_quotas(tx, ())
    assert load_quotas(place.database) == ()


def _box(place: Place, name: str) -> MailboxId:
    found = find_mailbox(place.database, name)
    assert found is not None
    return found.id


@pytest.mark.parametrize(
    ("letters", "wish", "why"),
    [
        ("lr", lambda n, _: SetFlags((n,), frozenset({SEEN})), "mark mail read"),
        (
            "lrs",
            lambda n, _: SetFlags((n,), frozenset({FLAGGED})),
            "flag or tag mail in",
        ),
        (
            "lrs",
            lambda n, _: SetFlags((n,), frozenset({SEEN, FLAGGED})),
            "flag or tag",
        ),
        ("lrswie", lambda n, work: Move((n,), work("Work")), "take mail out of"),
        ("lrswit", lambda n, _: Expunge((n,)), "take mail out of"),
        ("lrswte", lambda n, work: Copy((n,), work("user/bob")), "put mail into"),
        (
            "lrswite",
            lambda _, work: CreateMailbox("user/bob/x"),
            "make a mailbox below",
        ),
        (
            "lrswite",
            lambda _, work: DeleteMailbox(work("user/bob")),
            "rename or delete",
        ),
        (
            "lrswite",
            lambda _, work: RenameMailbox(work("user/bob"), "x"),
            "rename or delete",
        ),
    ],
)
def test_what_the_rights_forbid_takes_no_effect(
    place: Place,
    letters: str,
    wish: Callable[[MessageNumber, Callable[[str], MailboxId]], Wish],
    why: str,
) -> None:
    _list(place, "user/bob")
    [number] = place.fill(1, "user/bob")
    with place.database.transaction() as tx:
        apply_rights(tx, [b"user/bob"], {b"user/bob": Rights(letters)})
    wanted = wish(number, lambda name: _box(place, name))
    with (
        pytest.raises(MailError, match=f'you may not {why}.*"user/bob"'),
        place.database.transaction() as tx,
    ):
        perform(tx, wanted, said="x", session="x")
    assert load_pending(place.database) == []
    with place.database.transaction() as tx:
        apply_rights(tx, [b"user/bob"], {b"user/bob": Rights("lrswitexk")})
        perform(tx, wanted, said="x", session="x")
    assert load_pending(place.database)


def test_a_move_into_a_mailbox_that_only_takes_is_taken_back_before_it_is_sent(
    place: Place,
) -> None:
    _list(place, "user/bob")
    [number] = place.fill(1, "INBOX")
    with place.database.transaction() as tx:
        apply_rights(tx, [b"user/bob"], {b"user/bob": Rights("lri")})
        perform(tx, Move((number,), _box(place, "user/bob")), said="x", session="x")
    with place.database.transaction() as tx:
        perform(tx, Move((number,), _box(place, "INBOX")), said="x", session="x")
    assert load_pending(place.database) == []


def test_without_a_word_about_rights_a_mailbox_to_be_read_only_keeps_what_it_has(
    place: Place,
) -> None:
    [number] = place.fill(1, "Work")
    box = find_mailbox(place.database, "Work")
    assert box is not None
    with place.database.transaction() as tx:
        save_state(tx, box.id, replace(box.state, read_only=True), synced=True)
        apply_rights(tx, [b"Work"], {})
    box = find_mailbox(place.database, "Work")
    assert box is not None
    assert (box.rights, box.limits) == (None, "read only")
    assert not box.may(Right.EXPUNGE)
    assert box.may(Right.INSERT)
    with (
        pytest.raises(MailError, match="read only"),
        place.database.transaction() as tx,
    ):
        perform(tx, Expunge((number,)), said="x", session="x")
