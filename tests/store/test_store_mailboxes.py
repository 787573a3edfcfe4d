from dataclasses import replace

import pytest

from tests.store.acting import first, move, refuse, where
from tests.store.filling import VALIDITY, Place, listed
from tui_mail.model.error import NotFound
from tui_mail.model.event import MailboxesChanged
from tui_mail.model.ids import MailboxId, ModSeq, Uid, UidValidity
from tui_mail.model.mailbox import ListedMailbox, MailboxCounts, SpecialUse
from tui_mail.model.namespace import Namespace, NamespaceKind
from tui_mail.model.operation import Move
from tui_mail.store.mailboxes import (
    apply_counts,
    apply_listing,
    create_local_mailbox,
    find_mailbox,
    find_role,
    load_counts,
    load_mailbox,
    load_mailboxes,
    load_state,
    set_role,
)
from tui_mail.store.operations import load_pending, retry
from tui_mail.store.performing import perform
from tui_mail.store.search import is_named
from tui_mail.store.surroundings import apply_namespaces


def _list(
    place: Place, *boxes: ListedMailbox, roles: dict[SpecialUse, str] | None = None
) -> None:
    with place.database.transaction() as tx:
        apply_listing(tx, boxes, roles or {})


def _names(place: Place) -> list[str]:
    return [str(box.name) for box in load_mailboxes(place.database)]


def test_those_with_a_role_come_first_and_the_others_by_name(place: Place) -> None:
    _list(
        place,
        *(listed(name) for name in ("zoo", "Apple", "apple/core")),
        listed("S", SpecialUse.SENT),
        listed("T", SpecialUse.TRASH),
        listed("D", SpecialUse.DRAFTS),
        listed("INBOX", SpecialUse.INBOX),
    )
    assert _names(place) == ["INBOX", "D", "S", "T", "Apple", "apple/core", "zoo"]


def test_the_hierarchy_is_shown_with_slashes_and_hostile_names_are_made_harmless(
    place: Place,
) -> None:
    odd = ListedMailbox(
        b"a.b\x1b", "a.b\x1b[31m", ".", frozenset(), None, subscribed=True
    )
    _list(place, odd)
    [box] = load_mailboxes(place.database)
    assert box.name == "a/b␛[31m"
    assert box.parts == ("a", "b␛[31m")
    _list(place, listed("  "))
    assert [str(box.name) for box in load_mailboxes(place.database)] == ["(no name)"]


def test_a_role_that_a_person_chose_stays_until_somebody_else_gives_it(
    place: Place,
) -> None:
    boxes = (listed("INBOX", SpecialUse.INBOX), listed("Weg"), listed("Neu"))
    _list(place, *boxes)
    chosen = find_mailbox(place.database, "Weg")
    assert chosen is not None
    with place.database.transaction() as tx:
        set_role(tx, chosen.id, SpecialUse.TRASH)
    _list(place, *boxes)
    assert find_role(place.database, SpecialUse.TRASH) == replace(
        chosen, special_use=SpecialUse.TRASH
    )
    _list(place, *boxes[:2], listed("Neu", SpecialUse.TRASH))
    assert _names(place) == ["INBOX", "Neu", "Weg"]
    _list(place, *boxes, roles={SpecialUse.TRASH: "Weg"})
    assert _names(place) == ["INBOX", "Weg", "Neu"]


def test_the_roles_of_the_settings_win_over_the_servers_word(place: Place) -> None:
    _list(
        place,
        listed("INBOX", SpecialUse.INBOX),
        listed("Bin", SpecialUse.TRASH),
        listed("Rubbish"),
        roles={SpecialUse.TRASH: "Rubbish"},
    )
    uses = {str(box.name): box.special_use for box in load_mailboxes(place.database)}
    assert uses["Rubbish"] is SpecialUse.TRASH
    assert uses["Bin"] is None


@pytest.mark.parametrize(
    "name",
    ["Work/Weg", "Work.Weg", "INBOX/Work/Weg", "INBOX.Work.Weg"],
)
def test_the_settings_name_a_mailbox_with_slashes_or_as_the_server_does(
    place: Place, name: str
) -> None:
    with place.database.transaction() as tx:
        apply_namespaces(tx, [Namespace(NamespaceKind.PERSONAL, b"INBOX.", ".")])
    names = ("INBOX", "INBOX.Trash", "INBOX.Work.Weg")
    boxes = [
        ListedMailbox(one.encode(), one, ".", frozenset(), None, subscribed=True)
        for one in names
    ]
    _list(place, *boxes, roles={SpecialUse.TRASH: name})
    found = find_role(place.database, SpecialUse.TRASH)
    assert found is not None
    assert found.name == "INBOX/Work/Weg"


def test_an_empty_listing_is_not_believed(place: Place) -> None:
    before = _names(place)
    _list(place)
    assert _names(place) == before


def test_a_mailbox_that_is_listed_no_more_goes_with_its_messages(place: Place) -> None:
    place.fill(3, "Work")
    _list(place, listed("INBOX", SpecialUse.INBOX))
    assert _names(place) == ["INBOX"]
    assert place.rows("SELECT * FROM message") == []


def test_a_mailbox_stays_while_something_waits_for_it(place: Place) -> None:
    numbers = place.fill(1)
    with place.database.transaction() as tx:
        perform(tx, Move(tuple(numbers), place.box("Work")), said="m", session="s")
    _list(place, listed("INBOX", SpecialUse.INBOX))
    assert _names(place) == ["INBOX", "Work"]


def test_what_the_server_refused_does_not_keep_a_mailbox_that_is_gone(
    place: Place,
) -> None:
    [moved, _] = place.fill(2)
    move(place, "Work", moved)
    refuse(place, first(place).id)
    _list(place, listed("INBOX", SpecialUse.INBOX))
    assert _names(place) == ["INBOX"]
    [left] = load_pending(place.database)
    assert left.what == "move 1 message to a mailbox that is gone"
    with (
        place.database.transaction() as tx,
        pytest.raises(NotFound, match="not here any more"),
    ):
        retry(tx, left.id)
    assert where(place, moved) == "INBOX"
    assert [one.id for one in load_pending(place.database)] == [left.id]


def test_a_refused_wish_goes_with_the_mailbox_that_its_messages_lie_in(
    place: Place,
) -> None:
    move(place, "Archive", *place.fill(1, "Work"))
    refuse(place, first(place).id)
    _list(place, listed("INBOX", SpecialUse.INBOX), listed("Archive"))
    assert _names(place) == ["INBOX", "Archive"]
    assert load_pending(place.database) == []


def test_a_renumbered_name_never_gets_a_number_of_before(place: Place) -> None:
    before = place.box("Work")
    _list(place, listed("INBOX", SpecialUse.INBOX))
    _list(place, listed("INBOX", SpecialUse.INBOX), listed("Work"))
    assert place.box("Work") > before


def test_a_listing_that_says_nothing_new_tells_of_nothing(place: Place) -> None:
    boxes = [listed("INBOX", SpecialUse.INBOX), listed("Work")]
    _list(place, *boxes)
    place.events.clear()
    _list(place, *boxes)
    assert place.events == []
    _list(place, boxes[0])
    assert MailboxesChanged() in place.events


@pytest.mark.parametrize("name", ["archive", "Archive", "ARCHIVE"])
def test_a_mailbox_is_found_by_role_name_or_whatever_case(
    place: Place, name: str
) -> None:
    found = find_mailbox(place.database, name)
    assert found is not None
    assert found.name == "Archive"
    assert find_mailbox(place.database, "nowhere") is None


def test_it_does_not_matter_how_the_accents_of_a_name_are_written(place: Place) -> None:
    """Programs of a Mac make mailboxes with letters and accents apart (NFD)."""
    typed, theirs = "Caf\u00e9", "Cafe\u0301"
    archive = {SpecialUse.ARCHIVE: typed}
    _list(place, listed("INBOX", SpecialUse.INBOX), listed(theirs), roles=archive)
    for name in (typed, typed.upper(), theirs):
        found = find_mailbox(place.database, name)
        assert found is not None
        assert found.name == theirs
        assert found.special_use is SpecialUse.ARCHIVE
        assert is_named(place.database, name, found.id)
    _list(place, listed(theirs), listed(typed))
    both = {find_mailbox(place.database, name) for name in (typed, theirs)}
    assert len(both) == 2, "where both are there each is meant by its own name"


def test_a_name_as_it_is_counts_more_than_a_role(place: Place) -> None:
    _list(
        place,
        listed("Bin", SpecialUse.TRASH),
        listed("Trash"),
    )
    names = [
        found.name
        for found in (
            find_mailbox(place.database, "Trash"),
            find_mailbox(place.database, "trash"),
            find_role(place.database, SpecialUse.TRASH),
        )
        if found is not None
    ]
    assert names == ["Trash", "Bin", "Bin"]


def test_what_is_not_there_cannot_be_loaded(place: Place) -> None:
    with pytest.raises(NotFound):
        load_mailbox(place.database, MailboxId(99))
    with pytest.raises(NotFound):
        load_state(place.database, MailboxId(99))


def test_cursors_are_saved_and_say_when_the_mailbox_was_in_step(place: Place) -> None:
    assert load_mailbox(place.database, place.box()).synced_at is None
    place.state(
        uid_validity=VALIDITY,
        uid_next=Uid(9),
        highest_modseq=ModSeq(1 << 62),
        low_uid=Uid(3),
        exists=5,
    )
    box = load_mailbox(place.database, place.box())
    assert box.synced_at is not None
    assert box.server_total == 5
    state = load_state(place.database, place.box())
    assert (state.uid_next, state.highest_modseq) == (9, 1 << 62)


def test_counts_of_status_are_saved_and_tell_only_of_news(place: Place) -> None:
    counts = MailboxCounts(5, 2, Uid(9), UidValidity(7), ModSeq(44))
    assert load_counts(place.database, place.box()) is None
    with place.database.transaction() as tx:
        apply_counts(tx, place.box(), counts)
    assert load_counts(place.database, place.box()) == counts
    place.events.clear()
    with place.database.transaction() as tx:
        apply_counts(tx, place.box(), counts)
    assert place.events == []


@pytest.mark.parametrize("name", ["Later", "Später", "a\tb", "ä\tb"])
def test_a_local_mailbox_is_made_once(place: Place, name: str) -> None:
    with place.database.transaction() as tx:
        made = create_local_mailbox(tx, name, None)
        assert create_local_mailbox(tx, name, None) == made
    assert load_mailbox(place.database, made).local
    _list(place, listed("INBOX", SpecialUse.INBOX))
    assert load_mailbox(place.database, made).local


def test_a_local_mailbox_becomes_the_servers_when_it_lists_it(place: Place) -> None:
    with place.database.transaction() as tx:
        made = create_local_mailbox(tx, "Later", SpecialUse.SENT)
    _list(place, listed("INBOX", SpecialUse.INBOX), listed("Later", SpecialUse.SENT))
    assert place.box("Later") == made
    assert not load_mailbox(place.database, made).local
