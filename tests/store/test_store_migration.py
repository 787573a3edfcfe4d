import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.filling import IDENTITY
from tui_mail.store.connections import damage_mark, prepare_file
from tui_mail.store.database import Database
from tui_mail.store.schema import VERSION

_TABLES = {
    version: Path(__file__).with_name(f"version_{version}.sql").read_text()
    for version in range(1, VERSION)
}
_SHAPE = (
    'SELECT t.name, c.cid, c.name, c.type, c."notnull", c.dflt_value, c.pk'
    " FROM pragma_table_list t, pragma_table_info(t.name) c"
    " WHERE t.schema = 'main' ORDER BY t.name, c.cid",
    'SELECT t.name, i.name, i."unique", i.partial, x.seqno, x.name'
    " FROM pragma_table_list t, pragma_index_list(t.name) i, pragma_index_info(i.name) x"
    " WHERE t.schema = 'main' ORDER BY 1, 2, 5",
    "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name",
    "SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0 ORDER BY name",
)


@pytest.mark.parametrize("version", _TABLES)
def test_a_damaged_store_of_an_older_version_is_salvaged_into_a_fresh_one(
    tmp_path: Path, version: int
) -> None:
    path = tmp_path / "old.db"
    _write(path, version)
    damage_mark(path).touch()
    database = Database.open(path, "work", identity=IDENTITY)
    names = database.connection.execute(
        "SELECT name, followed FROM mailbox ORDER BY id"
    )
    assert names.fetchall() == [("", 1), ("A", 1)]
    database.close()
    assert "not all" not in next(tmp_path.glob("*.txt")).read_text()


def _shape(path: Path) -> list[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        return [connection.execute(asked).fetchall() for asked in _SHAPE]


def _write(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        prepare_file(connection, path)
        connection.executescript(_TABLES[version])
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute(
            "INSERT INTO account (id, kind, host, user) VALUES (1, ?, ?, ?)",
            (IDENTITY.kind, IDENTITY.host, IDENTITY.user),
        )
        connection.execute("INSERT INTO mailbox (wire_name, name) VALUES (x'41', 'A')")


@pytest.mark.parametrize("version", _TABLES)
def test_a_store_of_an_older_version_becomes_what_a_fresh_one_is(
    tmp_path: Path, version: int
) -> None:
    old, fresh = tmp_path / "old.db", tmp_path / "fresh.db"
    _write(old, version)
    for path in (old, fresh):
        Database.open(path, "work", identity=IDENTITY).close()
    assert _shape(old) == _shape(fresh)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        names = connection.execute("SELECT name FROM mailbox ORDER BY id").fetchall()
    assert names == [("",), ("A",)]


@pytest.mark.parametrize("version", [1, 2])
def test_what_an_older_version_saw_counts_as_seen(tmp_path: Path, version: int) -> None:
    """Else a copy that was there all along would be taken for one that just came."""
    path = tmp_path / "old.db"
    _write(path, version)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO sqlite_sequence VALUES ('message', 77)")
    database = Database.open(path, "work", identity=IDENTITY)
    rows = database.connection.execute("SELECT name, confirmed, filled FROM mailbox")
    assert ("A", 77, 77) in rows.fetchall()
    database.close()
