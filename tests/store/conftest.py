from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.filling import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / "work.db")
    yield made
    made.database.close()
