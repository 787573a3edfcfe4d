import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.store.filling import Place
from tui_mail.model.error import NotFound
from tui_mail.model.ids import WritingId
from tui_mail.store import writing
from tui_mail.store.writing import (
    adopt_writing,
    begin_writing,
    end_writing,
    load_left_behind,
    load_writing,
    save_writing,
)

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
LATER = datetime(2026, 11, 30, 10, tzinfo=UTC)


def begin(place: Place, fields: str = "{}") -> WritingId:
    with place.database.transaction() as tx:
        return begin_writing(tx, fields, AT)


def leave(place: Place, process: int, born: str) -> WritingId:
    """Have another process write; none is started for it."""
    number = begin(place)
    with place.database.transaction() as tx:
        tx.connection.execute(
            "UPDATE writing SET process = ?, born = ? WHERE id = ?",
            (process, born, number),
        )
    return number


def left(place: Place) -> list[WritingId]:
    return [one.id for one in load_left_behind(place.database)]


@contextmanager
def another_process() -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE
    ) as process:
        yield process.pid
        process.communicate(b"\n")


def test_what_is_written_is_kept_as_it_was_last(place: Place) -> None:
    number = begin(place, "first")
    with place.database.transaction() as tx:
        save_writing(tx, number, "second", LATER)
    place.reopen()
    assert load_writing(place.database, number) == "second"


def test_what_this_process_writes_is_not_left_behind(place: Place) -> None:
    begin(place)
    assert left(place) == []


def test_what_another_living_process_writes_is_left_alone(place: Place) -> None:
    with another_process() as process:
        number = leave(place, process, writing._born(process))
        assert left(place) == []
        with place.database.transaction() as tx:
            assert not adopt_writing(tx, number)
    assert left(place) == [number]
    with place.database.transaction() as tx:
        assert adopt_writing(tx, number)
    assert left(place) == []


def test_a_process_that_has_the_number_of_a_dead_one_is_another(place: Place) -> None:
    number = leave(place, os.getppid(), "a start of long ago")
    assert left(place) == [number]


def test_where_the_birth_of_a_process_cannot_be_read_its_number_tells(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_born", lambda process: "")
    leave(place, os.getppid(), "")
    leave(place, os.getppid(), "a start of long ago")
    gone = leave(place, 2**22 + 17, "")
    assert left(place) == [gone]


def test_a_killed_process_that_nobody_buried_lives_no_more(place: Place) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("only Linux says when a process was born")
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    number = leave(place, process.pid, writing._born(process.pid))
    assert left(place) == []
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert left(place) == [number]
    process.communicate()


@pytest.mark.parametrize("process", [0, -1, 1 << 62])
def test_a_row_that_names_no_process_is_left_behind(place: Place, process: int) -> None:
    assert left(place) == []
    number = leave(place, process, "")
    assert left(place) == [number]


def test_what_was_ended_does_not_come_back(place: Place) -> None:
    number = begin(place)
    with place.database.transaction() as tx:
        end_writing(tx, number)
    with pytest.raises(NotFound), place.database.transaction() as tx:
        save_writing(tx, number, "more", LATER)
    with pytest.raises(NotFound):
        load_writing(place.database, number)
    assert begin(place) == number + 1
