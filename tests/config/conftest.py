from pathlib import Path

import pytest

from tui_mail.config.places import Places


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(
        tmp_path / "config", tmp_path / "data", tmp_path / "state", tmp_path / "run"
    )
