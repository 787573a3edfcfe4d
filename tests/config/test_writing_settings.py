import stat
from pathlib import Path

import pytest

from tui_mail.config.load import load_settings
from tui_mail.config.places import Places
from tui_mail.config.writing import Fields, add_account
from tui_mail.model.error import SettingsError

FIELDS: Fields = {
    "address": "ann@example.org",
    "name": 'Ann "\\" Ex\u00e4mple',
    "imap": {"host": "imap.example.org", "port": 993, "subscribed_only": False},
}


def test_an_account_is_written_private_and_read_back(
    tmp_path: Path, places: Places
) -> None:
    path = tmp_path / "deep" / "config.toml"
    add_account(path, "work", FIELDS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    account = load_settings(path, places).accounts["work"]
    assert account.full_name == FIELDS["name"]
    assert account.imap is not None
    assert not account.imap.subscribed_only


def test_what_stood_there_stays_to_the_octet(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    before = '# mine\n[ui]\ntheme = "x" # nice'
    path.write_text(before)
    add_account(path, "work", FIELDS)
    assert path.read_text().startswith(before + "\n\n[accounts.work]\n")


@pytest.mark.parametrize("before", ["[ui\n", '[accounts.WORK]\naddress = "a@b"\n'])
def test_a_mistake_changes_nothing(tmp_path: Path, before: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(before)
    with pytest.raises(SettingsError, match=r"config\.toml"):
        add_account(path, "work", FIELDS)
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_would_break_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="letters, digits"):
        add_account(tmp_path / "config.toml", "a]\n[b", FIELDS)
