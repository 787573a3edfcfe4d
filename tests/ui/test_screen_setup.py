"""The set-up of an account under a pilot: filled in, tried, saved."""

import asyncio
import sys
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.ui.screen_samples import HOSTILE, SIZES, AskingApp, is_harmless, screen_lines
from tui_mail.config.load import load_settings
from tui_mail.config.places import Places
from tui_mail.config.settings import Account, Security, Server, SmtpServer
from tui_mail.model.displayable import displayable, own
from tui_mail.model.error import SettingsError
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.screens.fields import Field, Press
from tui_mail.ui.screens.keeping import keep_in_keyring
from tui_mail.ui.screens.new_account import free_name, make_account, place_of
from tui_mail.ui.screens.providers import find_servers
from tui_mail.ui.screens.setup import Made, SetUp
from tui_mail.ui.trying import Refusal

Test = Callable[[Account, str], Awaitable[Refusal | None]]


class Keyring:
    """A keyring in memory, as the library shows it."""

    def __init__(self, priority: float = 5, *, forgets: bool = False) -> None:
        self.priority, self.forgets = priority, forgets
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_keyring(self) -> "Keyring":
        return self

    def set_password(self, service: str, name: str, password: str) -> None:
        if self.locked:
            raise RuntimeError("locked")
        self.kept[service, name] = password

    def get_password(self, service: str, name: str) -> str | None:
        return None if self.forgets else self.kept.get((service, name))


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    made = Keyring()
    put_keyring(monkeypatch, made)
    return made


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)


def put_keyring(monkeypatch: pytest.MonkeyPatch, made: Keyring) -> None:
    module, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    for name in ("get_keyring", "set_password", "get_password"):
        setattr(module, name, getattr(made, name))
    errors.KeyringError = OSError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


class SetUpApp(AskingApp, inherit_bindings=False):
    def __init__(self, place: Path, test: Test | None = None) -> None:
        self.file = place / "config" / "config.toml"
        places = Places(*[place] * 4)
        settings = load_settings(self.file, places)
        super().__init__(lambda: SetUp(places, settings, test=test))

    def field(self, key: str) -> Field:
        assert isinstance(self.screen, SetUp)
        return next(each for each in self.screen.query(Field) if each.key == key)

    def saved(self) -> dict[str, Any]:
        return tomllib.loads(self.file.read_text("utf-8"))["accounts"]  # type: ignore[no-any-return]


async def settled(pilot: Pilot[None]) -> str:
    """Wait for what runs: up to an answer, or to a question it asks."""
    await pilot.pause()
    for _ in range(200):
        running = [each for each in pilot.app.workers if not each.is_finished]
        if not running or isinstance(pilot.app.screen, Confirm):
            break
        await asyncio.sleep(0.01)
    await pilot.pause()
    assert isinstance(pilot.app, AskingApp)
    return "\n".join(screen_lines(pilot.app))


GUESSED = (*"ann@corp.example", "tab", *"Ann", "tab", *"secret")
KNOWN = (*"ann@posteo.de", "tab", "tab", *"secret")


async def test_a_known_provider_needs_an_address_and_a_password(
    tmp_path: Path, keyring: Keyring
) -> None:
    tried: list[tuple[Account, str]] = []

    async def test(account: Account, password: str) -> Refusal | None:
        tried.append((account, password))
        return None

    app = SetUpApp(tmp_path, test)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*KNOWN)
        shown = await settled(pilot)
        assert "Incoming mail, IMAP  posteo.de, port 993, tls" in shown
        assert not app.field("imap.host").display
        await pilot.press("ctrl+s")
        await settled(pilot)
    assert app.answers == [Made("posteo", "")]
    assert app.saved() == {
        "posteo": {
            "address": "ann@posteo.de",
            "imap": {"host": "posteo.de"},
            "smtp": {"host": "posteo.de"},
        }
    }
    [(account, password)] = tried
    assert account.imap is not None
    assert (account.imap.username, account.imap.port) == ("ann@posteo.de", 993)
    assert password == "secret"
    assert keyring.kept == {("tui-mail", "ann@posteo.de@posteo.de"): "secret"}
    assert app.file.stat().st_mode & 0o777 == 0o600


async def test_pop3_is_taken_by_a_key_and_its_server_is_known_too(
    tmp_path: Path, keyring: Keyring
) -> None:
    tried: list[Account] = []

    async def test(account: Account, password: str) -> Refusal | None:
        tried.append(account)
        return None

    app = SetUpApp(tmp_path, test)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+t", *"ann@mailbox.org", "tab", "tab", *"secret")
        shown = await settled(pilot)
        assert "Incoming mail, POP3  pop3.mailbox.org, port 995, tls" in shown
        assert "IMAP, " not in shown
        assert "what is on the server stays there" in shown
        assert "Ctrl+T IMAP instead" in shown
        await pilot.press("ctrl+s")
        await settled(pilot)
    assert app.answers == [Made("mailbox", "")]
    assert app.saved()["mailbox"] == {
        "address": "ann@mailbox.org",
        "pop3": {"host": "pop3.mailbox.org"},
        "smtp": {"host": "smtp.mailbox.org"},
    }
    [account] = tried
    assert account.pop3 is not None
    assert account.pop3.port == 995
    assert keyring.kept == {
        ("tui-mail", "ann@mailbox.org@pop3.mailbox.org"): "secret",
        ("tui-mail", "ann@mailbox.org@smtp.mailbox.org"): "secret",
    }


async def test_pop3_has_the_same_fields_in_the_same_order_with_ports_of_its_own(
    tmp_path: Path, keyring: Keyring
) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press(*GUESSED, "tab")
        await settled(pilot)
        assert app.focused is app.field("imap.host").edit
        await pilot.press("ctrl+t")
        assert "Incoming mail, POP3" in await settled(pilot)
        assert app.focused is app.field("pop3.host").edit
        assert app.field("pop3.host").text == "pop.corp.example"
        await pilot.press(*"mail.corp.example", "tab", "tab", *"none", "tab")
        assert app.field("pop3.port").text == "110"
        await pilot.press("shift+tab", *"start", "tab", *"ann", "tab", "delete")
        await pilot.press("ctrl+s")
        await settled(pilot)
    assert app.saved()["corp"]["pop3"] == {
        "host": "mail.corp.example",
        "security": "starttls",
        "username": "ann",
    }
    assert "imap" not in app.saved()["corp"]


async def test_imap_comes_back_as_it_was_filled_in(tmp_path: Path) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press(*GUESSED, "tab", *"mail.corp.example", "ctrl+t", "ctrl+t")
        await settled(pilot)
        assert app.field("imap.host").text == "mail.corp.example"
        assert app.field("imap.host").display
        assert not app.field("pop3.host").display


async def test_a_provider_without_pop3_leaves_its_host_to_be_filled_in(
    tmp_path: Path,
) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press(*"ann@icloud.com", "tab", "tab", *"secret", "ctrl+t")
        await pilot.press("ctrl+s")
        assert "Not yet: see the marked fields." in await settled(pilot)
        assert app.field("pop3.host").display
        assert app.focused is app.field("pop3.host").edit
    assert app.answers == []


async def test_guessed_servers_are_shown_to_be_changed(
    tmp_path: Path, keyring: Keyring
) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press(*GUESSED)
        shown = await settled(pilot)
        assert "imap.corp.example" in shown
        assert "this is a guess" in shown
        await pilot.press("tab", *"localhost", "tab", *"1143", "tab", *"none", "tab")
        assert (await settled(pilot)).count("this is a guess") == 1
        await pilot.press(*"ann", "tab", "delete", "ctrl+s")
        await settled(pilot)
    assert app.answers == [Made("corp", "")]
    assert app.saved()["corp"] == {
        "address": "ann@corp.example",
        "name": "Ann",
        "imap": {
            "host": "localhost",
            "port": 1143,
            "security": "none",
            "username": "ann",
        },
    }


async def test_enter_goes_on_and_presses_the_button(
    tmp_path: Path, keyring: Keyring
) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*"ann@posteo.de", "enter", "enter", *"secret", "enter")
        await pilot.press("tab", "tab", "enter")
        await settled(pilot)
    assert app.answers == [Made("posteo", "")]


async def test_what_was_folded_is_unfolded_by_a_key(tmp_path: Path) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press(*KNOWN, "tab", "enter")
        await settled(pilot)
        assert app.field("imap.host").display
        assert not app.field("smtp.host").display
        assert app.screen.focused is app.field("imap.host").edit
        await pilot.click(app.screen.query_one("#smtp-folded", Press))
        await settled(pilot)
        assert app.field("smtp.host").display


async def test_the_port_follows_the_security(tmp_path: Path) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press(*GUESSED, "tab", "tab", "tab", "down", "tab")
        await settled(pilot)
        assert app.field("imap.security").text == "starttls"
        assert app.field("imap.port").text == "143"
        await pilot.press("shift+tab", "t", "tab")
        await settled(pilot)
        assert app.field("imap.security").text == "tls"
        assert app.field("imap.port").text == "993"
        await pilot.press("shift+tab", "shift+tab", *"1993", "tab", "up", "tab")
        await settled(pilot)
        assert app.field("imap.security").text == "none"
        assert app.field("imap.port").text == "1993"


async def test_a_better_address_finds_other_servers_but_keeps_what_was_typed(
    tmp_path: Path,
) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press(*GUESSED, "tab", *"mail.example")
        app.field("address").edit.focus()
        await pilot.press(*"ann@posteo.de", "tab")
        await settled(pilot)
        assert app.field("imap.host").text == "mail.example"
        assert app.field("smtp.host").text == "posteo.de"
        assert app.field("imap.username").text == "ann@posteo.de"


async def test_mistakes_stand_beside_their_fields(tmp_path: Path) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.press("ctrl+s")
        lines = (await settled(pilot)).split("\n")
        assert any("Not yet: see the marked fields." in line for line in lines)
        for label in ("Address", "Password", "Host"):
            assert any(label in line and "! is needed" in line for line in lines)
        assert app.screen.focused is app.field("address").edit
        await pilot.press("a", "ctrl+s")
        await settled(pilot)
        app.field("imap.host").edit.set_text("h")
        app.field("password").edit.set_text("p")
        await pilot.press("ctrl+s")
        lines = (await settled(pilot)).split("\n")
        [address] = [line for line in lines if "Address" in line]
        assert '! "a" is no address such as' in address
        await pilot.press("b")
        assert "no address" not in await settled(pilot)


@pytest.mark.parametrize(
    ("key", "text", "mistake"),
    [
        ("imap.port", "x", "must be a number"),
        ("imap.port", "99999", "99999 is not between 1 and 65535"),
        ("imap.security", "ssl", "is tls, starttls or none"),
        ("imap.security", "none", '"none" would send password and mail readable'),
        ("smtp.host", "a b", '"a b" is no name of a host'),
    ],
)
async def test_mistakes_of_servers_are_found_before_anything_is_tried(
    tmp_path: Path, key: str, text: str, mistake: str
) -> None:
    async def test(account: Account, password: str) -> Refusal | None:
        raise AssertionError("nothing is to be tried")

    app = SetUpApp(tmp_path, test)
    async with app.run_test(size=(160, 40)) as pilot:
        await pilot.press(*GUESSED, "tab")
        await settled(pilot)
        app.field(key).edit.set_text(text)
        await pilot.press("ctrl+s")
        assert mistake in await settled(pilot)
        assert app.screen.focused is app.field(key).edit
    assert not app.file.exists()


async def test_a_refused_login_is_said_and_nothing_is_saved(
    tmp_path: Path, keyring: Keyring
) -> None:
    async def test(account: Account, password: str) -> Refusal | None:
        line = displayable(f"Login failed: imap.corp.example said {HOSTILE}")
        return Refusal(line, "password", own("was refused"))

    app = SetUpApp(tmp_path, test)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press(*GUESSED, "ctrl+s")
        shown = await settled(pilot)
        assert "! Login failed: imap.corp.example said" in shown
        assert "! was refused" in shown
        assert app.screen.focused is app.field("password").edit
        assert is_harmless(shown)
        assert app.answers == []
    assert not app.file.exists()
    assert keyring.kept == {}


@pytest.mark.parametrize("typed", ["", "mail.corp.example"])
async def test_a_server_for_sending_is_tried_unless_it_is_only_a_guess(
    typed: str, tmp_path: Path, keyring: Keyring
) -> None:
    tried: list[SmtpServer | None] = []

    async def test(account: Account, password: str) -> Refusal | None:
        tried.append(account.smtp)
        return None

    app = SetUpApp(tmp_path, test)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press(*GUESSED, "tab")
        if typed:
            app.field("smtp.host").edit.set_text(typed)
        await pilot.press("ctrl+s")
        await settled(pilot)
    [server] = tried
    assert (server.host if server else "") == typed
    assert app.saved()["corp"]["smtp"] == {"host": typed or "smtp.corp.example"}


async def test_escape_stops_an_attempt_that_hangs(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def test(account: Account, password: str) -> Refusal | None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return None

    app = SetUpApp(tmp_path, test)
    async with app.run_test(size=(80, 40)) as pilot:
        await pilot.press(*GUESSED, "ctrl+s")
        await pilot.pause()
        assert "Connecting to imap.corp.example" in "\n".join(screen_lines(app))
        await pilot.press("ctrl+s", "escape")
        await ended.wait()
        assert "It was stopped." in await settled(pilot)
        assert app.answers == []


@pytest.mark.parametrize("key", ["escape", "ctrl+c", "ctrl+q"])
async def test_leaving_asks_only_where_something_would_be_lost(
    tmp_path: Path, key: str
) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(key)
        await settled(pilot)
    assert app.answers == [None]
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("a", key)
        assert "Leave without saving?" in await settled(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert app.answers == []
        await pilot.press("escape")
        await settled(pilot)
        await pilot.press("y")
        await settled(pilot)
    assert app.answers == [None]


async def test_without_a_keyring_the_password_is_good_for_this_run_only(
    tmp_path: Path, no_keyring: None
) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*KNOWN, "ctrl+s")
        await settled(pilot)
    assert app.answers == [Made("posteo", "secret")]
    assert "secret" not in app.file.read_text()
    assert app.file.stat().st_mode & 0o777 == 0o600


async def test_what_could_not_connect_is_mended_or_saved_anyway(
    tmp_path: Path, keyring: Keyring
) -> None:
    async def test(account: Account, password: str) -> Refusal | None:
        return Refusal(own("TCP failed"), "imap.port", own("no answer there"))

    app = SetUpApp(tmp_path, test)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*GUESSED, "ctrl+o")
        assert "Save anyway" not in await settled(pilot)
        await pilot.press("ctrl+s")
        shown = await settled(pilot)
        assert "! TCP failed" in shown
        assert "Ctrl+O save anyway" in shown
        assert app.screen.focused is app.field("imap.port").edit
        assert app.answers == []
        await pilot.press("ctrl+o")
        await settled(pilot)
    assert app.answers == [Made("corp", "")]
    assert "corp" in app.saved()


async def test_settings_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=(120, 24)) as pilot:
        await pilot.press(*KNOWN)
        app.file.parent.mkdir()
        app.file.write_text("[accounts\n")
        await pilot.press("ctrl+s")
        assert "config.toml, line 1" in await settled(pilot)
    assert app.answers == []


async def test_a_second_account_gets_a_name_of_its_own(
    tmp_path: Path, keyring: Keyring
) -> None:
    for name in ("posteo", "posteo-2"):
        app = SetUpApp(tmp_path)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(*KNOWN, "ctrl+s")
            await settled(pilot)
        assert app.answers == [Made(name, "")]


@pytest.mark.parametrize("size", SIZES)
async def test_any_size_will_do(tmp_path: Path, size: tuple[int, int]) -> None:
    app = SetUpApp(tmp_path)
    async with app.run_test(size=size) as pilot:
        await pilot.press(*GUESSED, *["tab"] * 9, "ctrl+s")
        assert is_harmless(await settled(pilot))
        await pilot.resize_terminal(60, 15)
        await settled(pilot)


def test_a_keyring_that_keeps_nothing_is_none(
    monkeypatch: pytest.MonkeyPatch, keyring: Keyring
) -> None:
    server = Server(host="h", username="u")
    assert keep_in_keyring([server], "p")
    keyring.locked = True
    assert not keep_in_keyring([server], "p")
    for useless in (Keyring(0.5), Keyring(forgets=True)):
        put_keyring(monkeypatch, useless)
        assert not keep_in_keyring([server], "p")


def test_an_address_without_a_domain_has_no_servers() -> None:
    for address in ("", "ann", "ann@", "@corp.example"):
        assert find_servers(address) is None


def test_servers_are_known_or_guessed() -> None:
    known = find_servers("ann@Outlook.com")
    assert known is not None
    assert known.known
    assert (known.smtp.port, known.smtp.security) == (587, Security.STARTTLS)
    guessed = find_servers("ann@corp.example.")
    assert guessed is not None
    assert not guessed.known
    assert guessed.imap.host == "imap.corp.example"


def test_an_account_is_named_after_its_domain() -> None:
    assert free_name("ann@mail.corp.example", set()) == "corp"
    assert free_name("ann@corp.co.uk", {"corp"}) == "corp-2"
    assert free_name("ann@localhost", set()) == "localhost"
    assert free_name("ann@会議.jp", {"mail", "mail-2"}) == "mail-3"


def test_a_mistake_of_the_settings_is_put_beside_its_field(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        make_account(tmp_path / "c.toml", "a", {"address": "a@b", "imap": {}})
    assert place_of(caught.value, "a") == ("imap", 'needs the key "host"')
    assert place_of(SettingsError("disk full"), "a") == ("", "disk full")
