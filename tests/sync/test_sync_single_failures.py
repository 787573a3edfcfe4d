"""One message, or one mailbox, that cannot be had: all others are."""

import re
from collections.abc import Callable

import pytest

from tests.servers.interposed import Answer, interposed
from tests.sync.mailing import Desk, letters
from tui_mail.model.error import LinkLost
from tui_mail.store.content import load_text

pytestmark = pytest.mark.dovecot

BROKEN = 5


def _names(command: bytes, uid: int) -> bool:
    """Tell whether a FETCH by UID is about a message."""
    said = re.match(rb"UID FETCH (\S+)", command)
    if said is None:
        return False
    for part in said[1].split(b","):
        low, _, high = part.partition(b":")
        if int(low) <= uid <= int(high or low):
            return True
    return False


def _headers_refused(command: bytes) -> Answer:
    if b"HEADER.FIELDS" in command and (
        command.startswith(b"FETCH") or _names(command, BROKEN)
    ):
        return [b"NO [SERVERBUG] message 5 is damaged"]
    return None


@pytest.mark.parametrize("count", [20, 300])
def test_one_message_that_is_refused_keeps_no_other_away(
    desk: Desk, count: int
) -> None:
    desk.fill(letters(1, count))
    with interposed(desk.server.port, _headers_refused) as between:
        desk.through(between.port)
        receipt = desk.sync()
        assert receipt.new == count - 1
        [said] = receipt.problems
        assert "a message cannot be had" in said
        assert not receipt.whole
        desk.fill(letters(count + 1, count + 3))
        assert desk.sync().new == 3
    expected = {f"letter {n}" for n in range(1, count + 4) if n != BROKEN}
    assert desk.here().keys() == expected
    desk.through(desk.server.port)
    assert desk.sync().new == 1
    assert desk.here() == desk.there()


def test_where_all_are_refused_not_each_is_asked_for(desk: Desk) -> None:
    desk.fill(letters(1, 300))

    def refuse(command: bytes) -> Answer:
        return [b"NO nothing today"] if b"HEADER.FIELDS" in command else None

    with interposed(desk.server.port, refuse) as between:
        desk.through(between.port)
        assert desk.sync().problems
        assert len(between.commands) < 100


@pytest.mark.parametrize("command", [b"BODYSTRUCTURE", b"BODY.PEEK[1]"])
@pytest.mark.parametrize("refusal", [b"NO cannot parse it", b"BAD parse error"])
def test_one_text_that_is_refused_keeps_no_other_away(
    desk: Desk, command: bytes, refusal: bytes
) -> None:
    desk.fill(letters(1, 20))
    desk.set(download="text", keep_days=0)

    def refuse(said: bytes) -> Answer:
        return [refusal] if command in said and _names(said, BROKEN) else None

    with interposed(desk.server.port, refuse) as between:
        desk.through(between.port)
        desk.sync()
    missing = [
        str(row.subject)
        for row in desk.rows()
        if load_text(desk.database, row.number) is None
    ]
    # Whom the server cannot take apart it gives whole.
    assert missing == ([] if command == b"BODYSTRUCTURE" else ["letter 5"])


def test_one_whole_message_that_is_refused_keeps_no_other_away(desk: Desk) -> None:
    desk.fill(letters(1, 20))
    desk.set(keep_days=0)

    def refuse(said: bytes) -> Answer:
        whole = b"BODY.PEEK[]" in said
        return [b"NO damaged"] if whole and _names(said, BROKEN) else None

    with interposed(desk.server.port, refuse) as between:
        desk.through(between.port)
        receipt = desk.sync(bodies=True)
    assert receipt.texts == 19
    assert len(receipt.problems) == 1


def test_a_refusal_that_will_pass_is_not_about_messages(desk: Desk) -> None:
    desk.fill(letters(1, 20))

    def refuse(command: bytes) -> Answer:
        said = b"NO [LIMIT] too fast" if b"HEADER.FIELDS" in command else None
        return [said] if said else None

    with interposed(desk.server.port, refuse) as between:
        desk.through(between.port)
        desk.sync()
        assert sum(b"HEADER.FIELDS" in one for one in between.commands) <= 2


def _drops(name: bytes) -> Callable[[bytes], Answer]:
    def instead(command: bytes) -> Answer:
        return [] if command.startswith(b"SELECT") and name in command else None

    return instead


def test_a_mailbox_over_which_the_link_is_lost_keeps_no_other_away(
    desk: Desk,
) -> None:
    for name in ("Aaa", "Bad", "Ccc"):
        desk.fill(letters(1, 3), name)
    with interposed(desk.server.port, _drops(b'"Bad"')) as between:
        desk.through(between.port)
        receipt = desk.sync()
    assert receipt.new == 6
    [said] = receipt.problems
    assert said.startswith("Bad: ")
    desk.through(desk.server.port)
    assert desk.sync().new == 3
    assert desk.all_here() == desk.all_there()


def test_a_server_that_drops_every_link_is_left_soon(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    with interposed(desk.server.port, _drops(b"")) as between:
        desk.through(between.port)
        with pytest.raises(LinkLost):
            desk.sync()
        assert sum(b"SELECT" in one for one in between.commands) < 12


def test_a_structure_that_breaks_its_response_keeps_no_text_away(desk: Desk) -> None:
    desk.fill(letters(1, 3))
    desk.set(download="text", keep_days=0)
    broken = b"* 2 FETCH (UID 2 BODYSTRUCTURE ((((("

    def instead(command: bytes) -> Answer:
        return [broken, b"OK done"] if b"BODYSTRUCTURE" in command else None

    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        assert desk.sync().texts == 3


def test_a_uidvalidity_of_0_is_one_too(desk: Desk) -> None:
    desk.fill(letters(1, 3))

    def instead(command: bytes) -> Answer:
        if not command.startswith(b'SELECT "INBOX"'):
            return None
        codes = [b"* OK [UIDVALIDITY 0] none", b"* OK [UIDNEXT 1] next"]
        return [b"* 0 EXISTS", *codes, b"OK done"]

    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        assert desk.sync().whole
        assert desk.box().state.uid_validity


def test_a_mailbox_without_uidvalidity_keeps_no_other_away(desk: Desk) -> None:
    desk.fill(letters(1, 3), "Bad")
    desk.fill(letters(1, 3), "Ccc")

    def instead(command: bytes) -> Answer:
        bad = command.startswith(b'SELECT "Bad"')
        return [b"* 3 EXISTS", b"* OK [UIDNEXT 4] next", b"OK done"] if bad else None

    with interposed(desk.server.port, instead) as between:
        desk.through(between.port)
        receipt = desk.sync()
    assert receipt.new == 3
    assert len(receipt.problems) == 1
