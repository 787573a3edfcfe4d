"""Several accounts at once, on the command line."""

import threading
import time

import pytest

from tests.servers.dovecot import Dovecot
from tests.servers.scripted import Peer, scripted
from tests.sync.engines import write_settings
from tests.sync.mailing import Desk, letters
from tui_mail.__main__ import main
from tui_mail.cli.side_by_side import side_by_side
from tui_mail.config.places import Places
from tui_mail.config.settings import Account
from tui_mail.sync import connecting

ACCOUNTS = [Account(name=name, address=f"{name}@example.org") for name in "abc"]


def test_accounts_are_worked_on_at_the_same_time_and_given_in_their_order() -> None:
    together = threading.Barrier(3)

    def work(account: Account) -> bool:
        together.wait(5)
        return account.name != "b"

    assert side_by_side(ACCOUNTS, work) == [ACCOUNTS[0], ACCOUNTS[2]]


def test_a_mistake_in_one_is_raised_once_the_others_are_done() -> None:
    done = []

    def work(account: Account) -> bool:
        if account.name == "a":
            raise ZeroDivisionError
        done.append(account.name)
        return True

    with pytest.raises(ZeroDivisionError):
        side_by_side(ACCOUNTS, work)
    assert sorted(done) == ["b", "c"]


@pytest.mark.dovecot
def test_an_account_whose_server_hangs_keeps_no_other_back(
    dovecot: Dovecot,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    base = tmp_path_factory.mktemp("two")
    for name, variable in (
        *(("config", "XDG_CONFIG_HOME"), ("data", "XDG_DATA_HOME")),
        *(("state", "XDG_STATE_HOME"), ("run", "XDG_RUNTIME_DIR")),
    ):
        (base / name).mkdir()
        monkeypatch.setenv(variable, str(base / name))
    monkeypatch.setattr(connecting, "DEADLINE", 6.0)
    places = Places.find()
    desk = Desk(dovecot, dovecot.fresh_user(), places)
    desk.fill(letters(1, 3))
    write_settings(desk)
    here: list[float] = []
    begun = time.monotonic()

    def look() -> None:
        while time.monotonic() - begun < 20 and not here:
            if places.database("work").exists() and len(desk.numbers()) == 3:
                here.append(time.monotonic() - begun)
            time.sleep(0.05)
        desk.close()

    with scripted(Peer.hang) as hanging:
        path = places.settings_file()
        hung = path.read_text().replace("accounts.work", "accounts.hung")
        hung = hung.replace(f"port = {dovecot.port}", f"port = {hanging.port}")
        path.write_text(hung + path.read_text())
        looking = threading.Thread(target=look)
        looking.start()
        assert main(["sync"]) == 1
        looking.join()
    assert here
    assert here[0] < 5
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("work: 3 new")
    assert said[1].startswith("tui-mail: hung: ")
