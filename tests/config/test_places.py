import stat
import tempfile
from pathlib import Path

import pytest

from tui_mail.config.places import Places, make_private


def test_the_places_are_those_of_xdg(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "RUNTIME_DIR"):
        monkeypatch.setenv(f"XDG_{name}", str(tmp_path / name))
    places = Places.find()
    assert places.settings_file() == tmp_path / "CONFIG_HOME/tui-mail/config.toml"
    assert places.database("work") == tmp_path / "DATA_HOME/tui-mail/work.db"
    assert places.log_file() == tmp_path / "STATE_HOME/tui-mail/tui-mail.log"
    assert places.socket("work").parent == tmp_path / "RUNTIME_DIR/tui-mail"
    assert places.themes() == tmp_path / "CONFIG_HOME/tui-mail/themes"


def test_without_a_runtime_folder_all_processes_meet_in_the_temporary_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert Places.find().runtime == Places.find().runtime
    assert str(Places.find().runtime).startswith(tempfile.gettempdir())


def test_a_private_folder_is_private_even_if_it_was_not(tmp_path: Path) -> None:
    made = make_private(tmp_path / "a" / "b")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    made.chmod(0o755)
    make_private(made)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_a_link_put_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(PermissionError):
        make_private(tmp_path / "link")
