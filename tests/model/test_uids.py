import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_mail.model.uids import LARGEST, UidSet

UIDS = st.sets(st.integers(1, 300))


@given(UIDS)
def test_a_set_is_read_back_from_how_imap_writes_it(uids: set[int]) -> None:
    made = UidSet.of(uids)
    assert set(made) == uids
    assert len(made) == len(uids)
    assert bool(made) == bool(uids)
    if uids:
        assert UidSet.parse(str(made)) == made


@given(UIDS, UIDS)
def test_a_union_holds_what_either_holds(one: set[int], other: set[int]) -> None:
    assert UidSet.of(one) | UidSet.of(other) == UidSet.of(one | other)


@given(UIDS, st.integers(1, 50))
def test_chunks_are_small_and_lose_nothing(uids: set[int], size: int) -> None:
    chunks = list(UidSet.of(uids).chunks(size))
    assert all(0 < len(chunk) <= size for chunk in chunks)
    assert [uid for chunk in chunks for uid in chunk] == sorted(uids)


@given(UIDS, st.integers(1, 300))
def test_membership_is_that_of_a_set(uids: set[int], uid: int) -> None:
    assert (uid in UidSet.of(uids)) == (uid in uids)


def test_the_ranges_are_disjoint_and_do_not_touch() -> None:
    assert UidSet.parse("5:3,4:9,10,12").ranges == ((3, 10), (12, 12))


def test_a_star_is_the_largest_uid() -> None:
    assert UidSet.parse("7:*") == UidSet.between(7, LARGEST)


def test_a_backward_range_between_is_empty() -> None:
    assert not UidSet.between(2, 1)


@pytest.mark.parametrize("text", ["", "a", "1,,2", "1:"])
def test_what_is_no_set_is_refused(text: str) -> None:
    if text == "1:":
        assert UidSet.parse(text) == UidSet.of([1])
        return
    with pytest.raises(ValueError, match="invalid literal"):
        UidSet.parse(text)
