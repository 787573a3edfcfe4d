"""What POP3 decides without a network: what to fetch, what may go, what a message is of."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_mail.mime.parse import parse_message
from tui_mail.mime.received import arrival
from tui_mail.mime.render import Renderer
from tui_mail.store.pulling import Fate, Pulled, PullState
from tui_mail.sync import pop_outline
from tui_mail.sync.pop_outline import Outline, read_large
from tui_mail.sync.pop_plan import plan_pull
from tui_mail.transports.pop3 import PopListed

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def known(*uidls: bytes, state: PullState = PullState.STORED) -> dict[bytes, Pulled]:
    return {
        uidl: Pulled(
            id=number,
            uidl=uidl,
            size=1,
            digest=uidl,
            state=state,
            fate=Fate.HERE,
            stored_at=NOW,
            present=True,
            to_mirror=False,
        )
        for number, uidl in enumerate(uidls)
    }


def listed(*uidls: bytes | None) -> list[PopListed]:
    return [PopListed(number, 1, uidl) for number, uidl in enumerate(uidls, 1)]


def test_what_is_new_is_wanted_the_newest_first() -> None:
    plan = plan_pull(listed(b"a", b"b", b"c"), known(b"b"))
    assert [one.uidl for one in plan.wanted] == [b"c", b"a"]
    assert plan.sure == {b"b"}
    assert (plan.gone, plan.nameless, plan.renamed) == (0, 0, False)


def test_what_left_and_is_listed_again_is_looked_at_again() -> None:
    plan = plan_pull(listed(b"a"), known(b"a", state=PullState.LEFT))
    assert [one.uidl for one in plan.wanted] == [b"a"]
    assert plan.sure == frozenset()


@pytest.mark.parametrize(
    ("state", "due", "size", "looked"),
    [
        (PullState.STORED, False, 2, False),
        (PullState.STORED, True, 2, True),
        (PullState.STORED, True, 1, False),
        (PullState.LEAVING, False, 2, True),
        (PullState.LEAVING, False, 1, False),
    ],
)
def test_what_is_to_go_and_has_another_size_is_looked_at_again(
    state: PullState, due: bool, size: int, looked: bool
) -> None:
    going = frozenset({b"a"}) if due else frozenset[bytes]()
    plan = plan_pull([PopListed(1, size, b"a")], known(b"a", state=state), going)
    assert bool(plan.wanted) is looked
    assert (b"a" in plan.sure) is not looked


@pytest.mark.parametrize(
    ("there", "renamed"),
    [
        ((b"x", b"y", b"z"), True),
        ((b"a", b"x", b"y"), True),
        ((b"a", b"b", b"x"), False),
        ((b"a",), False),
        ((), False),
        ((b"a", b"b", b"c", b"x"), False),
    ],
)
def test_names_that_went_while_others_came_may_be_new_names(
    there: tuple[bytes, ...], renamed: bool
) -> None:
    assert plan_pull(listed(*there), known(b"a", b"b", b"c")).renamed is renamed


def test_what_was_told_to_leave_and_left_is_no_sign_of_new_names() -> None:
    leaving = known(b"a", b"b", state=PullState.LEAVING)
    assert not plan_pull(listed(b"x"), leaving).renamed


def test_where_some_have_no_name_nothing_is_said_to_be_gone() -> None:
    plan = plan_pull(listed(None, None, b"x"), known(b"a", b"b"))
    assert (plan.nameless, plan.gone, plan.renamed) == (2, 0, False)
    assert len(plan.wanted) == 3


@pytest.mark.parametrize(
    ("field", "came"),
    [
        (
            b"by b; Fri, 2 Jan 2026 03:04:05 +0100",
            datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC),
        ),
        (b"by b; Fri, 2 Jan 2099 03:04:05 +0100", NOW),
        (b"by b", NOW),
        (b"by b; nonsense", NOW),
    ],
)
def test_the_topmost_received_field_says_when_a_message_came(
    field: bytes, came: datetime
) -> None:
    older = b"Received: by a; Thu, 1 Jan 2026 00:00:00 +0000\r\n"
    assert arrival(b"Received: " + field + b"\r\n" + older + b"\r\n", NOW) == came
    assert arrival(b"Subject: none\r\n\r\n", NOW) == NOW


def part(kind: str, octets: bytes) -> bytes:
    return b"--b\r\nContent-Type: %s\r\n\r\n%s\r\n" % (kind.encode(), octets)


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 4_000), min_size=1, max_size=5),
    cut=st.integers(1, 700),
    end=st.sampled_from((b"\r\n", b"\n")),
)
def test_an_outline_has_the_parts_and_sizes_of_the_whole(
    sizes: list[int], cut: int, end: bytes
) -> None:
    parts = [
        part("application/x-some", (b"QUJD" * 18 + b"\r\n") * (size // 74))
        for size in sizes
    ]
    message = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + part("text/plain", b"Hello")
        + b"".join(parts)
        + b"--b--\r\n"
    ).replace(b"\r\n", end)
    pieces = [message[at : at + cut] for at in range(0, len(message), cut)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pop_outline, "KEPT", 300)
        patch.setattr(pop_outline, "_START", 100)
        structure, text = read_large(pieces, _RENDERER)
        outline = Outline.of(pieces)
    assert structure == parse_message(message)
    assert str(text.text).strip() == "Hello"
    assert len(outline.octets) <= 400 * (len(sizes) + 3)


def test_of_very_many_large_parts_all_are_told_apart() -> None:
    large = part("image/jpeg", b"QUJD" * 18 + b"\r\n")
    body = large[:-2] + (b"QUJD" * 18 + b"\r\n") * 8_000
    head = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    pieces = [head, *[body] * 60, b"--b--\r\n"]
    outline = Outline.of(pieces)
    structure, _ = read_large(pieces, _RENDERER)
    assert structure == parse_message(b"".join(pieces))
    assert len(outline.octets) < 5_000_000


class _Plain(Renderer):
    """Renders here: a child of its own for each example would take long."""

    def _ask(self, frame: bytes, deadline: float) -> None:
        return None


_RENDERER = _Plain()


def test_long_text_is_said_to_be_cut() -> None:
    long = b"Subject: x\r\n\r\n" + b"word " * 500_000
    _, text = read_large(
        [long[at : at + 9_999] for at in range(0, len(long), 9_999)], _RENDERER
    )
    assert text.cut
