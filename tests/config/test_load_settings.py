import ast
import inspect
from pathlib import Path

import pytest

from tui_mail.config import settings as settings_module
from tui_mail.config.load import load_settings
from tui_mail.config.places import Places
from tui_mail.config.settings import Security, Settings, UiSettings
from tui_mail.model.error import SettingsError
from tui_mail.model.mailbox import SpecialUse

WORK = '[accounts.work]\naddress = "ann@example.org"\n'
IMAP = WORK + '[accounts.work.imap]\nhost = "imap.example.org"\n'


def load(tmp_path: Path, places: Places, text: str, mode: int = 0o600) -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(mode)
    return load_settings(path, places)


def test_no_file_means_no_accounts_and_all_defaults(places: Places) -> None:
    settings = load_settings(None, places)
    assert not settings.accounts
    assert settings.ui == UiSettings()
    assert settings.path == places.settings_file()


def test_an_account_needs_only_an_address_and_a_host(
    tmp_path: Path, places: Places
) -> None:
    account = load(tmp_path, places, IMAP).accounts["work"]
    assert account.kind == "imap"
    assert account.identity == ("imap", "imap.example.org", "ann@example.org")
    assert account.imap is not None
    assert account.imap.port == 993
    assert account.imap.security is Security.TLS
    assert account.imap.subscribed_only
    assert (account.download, account.keep_days) == ("text", 90)
    assert account.cache_limit == 2_000_000_000


@pytest.mark.parametrize(
    ("kind", "security", "port"),
    [
        ("imap", "tls", 993),
        ("imap", "starttls", 143),
        ("pop3", "tls", 995),
        ("pop3", "starttls", 110),
        ("smtp", "tls", 465),
        ("smtp", "starttls", 587),
    ],
)
def test_the_port_follows_the_security(
    tmp_path: Path, places: Places, kind: str, security: str, port: int
) -> None:
    text = f'{WORK}[accounts.work.{kind}]\nhost = "h"\nsecurity = "{security}"\n'
    account = load(tmp_path, places, text).accounts["work"]
    server = account.imap or account.pop3 or account.smtp
    assert server is not None
    assert server.port == port


def test_every_key_is_read(tmp_path: Path, places: Places) -> None:
    (tmp_path / "ca.pem").write_text("x")
    (tmp_path / "sig").write_text("Ann\n")
    text = """
[accounts.work]
address = "ann@example.org"
name = "Ann Example"
aliases = ["a@example.org", "*@ann.example"]
password_command = "pass show work"
download = "all"
keep_days = 0
cache_limit = "500M"
check_minutes = 10
archive = "year"
trash_days = 30
signature_file = "sig"
[accounts.work.mailboxes]
archive = "Old mail"
[accounts.work.imap]
host = "imap.example.org"
port = 1993
security = "starttls"
username = "ann"
auth = "oauth2"
ca_file = "ca.pem"
subscribed_only = false
[accounts.work.smtp]
host = "smtp.example.org"
password_command = "pass show smtp"
save_sent = "never"
[accounts.old]
address = "old@example.org"
[accounts.old.pop3]
host = "pop.example.org"
delete_after = "30 days"
mirror = "m"
[ui]
threads = false
sort = "from"
mark_seen = 2.5
low_bandwidth = true
columns = ["date", "from"]
[keys]
"message.archive" = ["e"]
"message.trash" = "d"
[addressbook]
command = "khard email --parsable %s"
"""
    settings = load(tmp_path, places, text)
    work, old = settings.accounts["work"], settings.accounts["old"]
    assert work.full_name == "Ann Example"
    assert work.own_addresses == {"ann@example.org", "a@example.org", "*@ann.example"}
    assert (work.download, work.keep_days, work.cache_limit) == ("all", 0, 500_000_000)
    assert (work.archive, work.trash_days, work.signature) == ("year", 30, "Ann\n")
    assert dict(work.mailboxes) == {SpecialUse.ARCHIVE: "Old mail"}
    assert work.imap is not None
    assert work.imap.password_command == "pass show work"
    assert (work.imap.port, work.imap.username) == (1993, "ann")
    assert work.imap.ca_file == str(tmp_path / "ca.pem")
    assert old.pop3 is not None
    assert old.pop3.mirror == str(tmp_path / "m")
    assert not work.imap.subscribed_only
    assert work.smtp is not None
    assert work.smtp.password_command == "pass show smtp"
    assert work.smtp.save_sent == "never"
    assert old.kind == "pop3"
    assert old.pop3 is not None
    assert old.pop3.delete_after_days == 30
    assert (settings.ui.sort, settings.ui.mark_seen) == ("from", 2.5)
    assert settings.ui.low_bandwidth is True
    assert settings.ui.columns == ("date", "from")
    assert settings.keys == {"message.archive": ("e",), "message.trash": ("d",)}
    assert settings.addressbook_command.startswith("khard")


def test_an_account_without_servers_is_local(tmp_path: Path, places: Places) -> None:
    assert load(tmp_path, places, WORK).accounts["work"].kind == "local"


MISTAKES = [
    ("[acounts.work]\n", 1, "acounts", '"accounts"'),
    ('[ui]\nthme = "x"\n', 2, "ui.thme", '"theme"'),
    ('[ui]\n\nthreads = "yes"\n', 3, "ui.threads", "true or false, not a string"),
    ('[ui]\nsort = "colour"\n', 2, "ui.sort", '"date", "oldest"'),
    ("[ui]\nmark_seen = true\n", 2, "ui.mark_seen", '"never" or a number'),
    ("[ui]\nundo_seconds = -1\n", 2, "ui.undo_seconds", "between 0"),
    ("[ui]\nundo_seconds = 1.5\n", 2, "ui.undo_seconds", "a whole number"),
    ("ui = 3\n", 1, "ui", "must be a table, [ui]"),
    ('[accounts."a b"]\naddress="a@b"\n', 1, "a b", "letters, digits"),
    (f'{WORK}[accounts.WORK]\naddress = "a@b"\n', 3, "WORK", '"work" has that name'),
    ('[accounts.work]\nadress = "a@b"\n', 2, "work.adress", '"address"'),
    ("[accounts.work]\n", 1, "accounts.work", 'needs the key "address"'),
    ('[accounts.work]\naddress = "ann"\n', 2, "address", "no address"),
    (f"{WORK}keep_dys = 3\n", 3, "work.keep_dys", '"keep_days"'),
    (f"{WORK}keep_days = 3\n", 3, "work.keep_days", "local account: nothing there"),
    (
        f'{WORK}download = "all"\n[accounts.work.pop3]\nhost = "p"\n',
        3,
        "work.download",
        "POP3 account: nothing there is ever evicted",
    ),
    (f"{IMAP}prot = 3\n", 5, "imap.prot", '"port"'),
    (f"{IMAP}port = 70000\n", 5, "imap.port", "between 1 and 65535"),
    (f'{IMAP}security = "none"\n', 5, "imap.security", "insecure = true"),
    (f'{IMAP}security = "ssl"\n', 5, "imap.security", '"tls", "starttls", "none"'),
    (f'{IMAP}auth = "oauth2"\n', 5, "imap.auth", "password_command"),
    (f'{IMAP}username = "a\\r\\nX"\n', 5, "imap.username", "control characters"),
    (f'{IMAP}ca_file = "nowhere.pem"\n', 5, "imap.ca_file", "there is no file"),
    (f"{WORK}[accounts.work.imap]\n", 3, "work.imap", 'needs the key "host"'),
    (f'{IMAP}[accounts.work.pop3]\nhost = "p"\n', 5, "pop3", "not both"),
    (f'{WORK}cache_limit = "2 apples"\n', 3, "cache_limit", "local account"),
    (
        f'{WORK}cache_limit = "999999999999T"\n{IMAP.removeprefix(WORK)}',
        3,
        "cache_limit",
        "more than there can be",
    ),
    (f'{WORK}signature_file = "none.txt"\n', 3, "signature_file", "there is no file"),
    (f'{WORK}[accounts.work.mailboxes]\nspam = "x"\n', 4, "mailboxes.spam", "nearest"),
    (f'{WORK}[accounts.work.mailboxes]\ntrash = "inbox"\n', 4, "trash", "the inbox is"),
    (
        f'{WORK}[accounts.work.mailboxes]\ntrash = "x"\njunk = "x"\n',
        5,
        "mailboxes.junk",
        "is for trash already",
    ),
    (
        f'{WORK}[accounts.work.pop3]\nhost = "p"\ndelete_after = "soon"\n',
        5,
        "delete_after",
        '"30 days"',
    ),
    ('[accounts.work]\naddress = "a@b"\naddress = "c@d"\n', 3, "", "overwrite"),
    ("[ui]\ntheme = \n", 2, "", "Invalid value"),
    ('[keys]\n"message.archive" = [1]\n', 2, "message.archive", "a list of strings"),
    ('[ui]\neditor = """\na\ntheme2 = 1"""\ntheme3 = 1\n', 2, "ui.editor", "line ends"),
]


@pytest.mark.parametrize(
    ("written", "octets"), [("0", 0), ('""', 0), ('"0"', 0), ('"1.5G"', 1_500_000_000)]
)
def test_a_limit_of_nothing_is_no_limit(
    tmp_path: Path, places: Places, written: str, octets: int
) -> None:
    text = f"{WORK}cache_limit = {written}\n{IMAP.removeprefix(WORK)}"
    assert load(tmp_path, places, text).accounts["work"].cache_limit == octets


@pytest.mark.parametrize(("text", "line", "key", "remedy"), MISTAKES)
def test_a_mistake_names_file_line_key_and_remedy(
    tmp_path: Path, places: Places, text: str, line: int, key: str, remedy: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, places, text)
    said = caught.value.line
    assert said.startswith(f"{tmp_path}/config.toml, line {line}")
    assert key in said
    assert remedy in said
    assert "\n" not in said


def test_what_looks_like_a_key_within_a_string_does_not_shift_the_lines(
    tmp_path: Path, places: Places
) -> None:
    text = f'{WORK}signature = """\nkeep_dys = 1\n[ui]\n"""\nkeep_dys = 3\n'
    with pytest.raises(SettingsError, match=r"line 7: accounts\.work\.keep_dys"):
        load(tmp_path, places, text)
    text = f'{WORK}signature = "a\u2028b\x85c"\nkeep_dys = 3\n'
    with pytest.raises(SettingsError, match=r"line 4: accounts\.work\.keep_dys"):
        load(tmp_path, places, text)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.3.2.1", "::1"])
def test_without_encryption_this_machine_may_be_reached(
    tmp_path: Path, places: Places, host: str
) -> None:
    text = f'{WORK}[accounts.work.imap]\nhost = "{host}"\nsecurity = "none"\n'
    server = load(tmp_path, places, text).accounts["work"].imap
    assert server is not None
    assert server.security is Security.NONE


def test_insecure_lets_mail_go_readable_on_the_way(
    tmp_path: Path, places: Places
) -> None:
    settings = load(tmp_path, places, IMAP + 'security = "none"\ninsecure = true\n')
    assert settings.accounts["work"].imap is not None


def test_a_password_in_the_file_works_only_while_nobody_else_can_read_it(
    tmp_path: Path, places: Places
) -> None:
    text = IMAP + 'password = "canary"\n'
    settings = load(tmp_path, places, text, 0o600)
    server = settings.accounts["work"].imap
    assert server is not None
    assert server.password == "canary"
    assert "canary" not in repr(settings)
    for mode in (0o640, 0o604):
        with pytest.raises(SettingsError, match=r"line 5.*chmod 600") as caught:
            load(tmp_path, places, text, mode)
        assert "canary" not in str(caught.value)


def test_text_that_is_not_utf8_is_named_with_its_line(
    tmp_path: Path, places: Places
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'[ui]\ntheme = "\xff"\n')
    with pytest.raises(SettingsError, match="line 2: this is not UTF-8"):
        load_settings(path, places)


@pytest.mark.parametrize(
    "text",
    [
        '[ui]\ndownload_dir = "~nobody-at-all/x"\n',
        '[accounts.a]\nsignature_file = "~nobody-at-all/x"\n',
        f'{IMAP}ca_file = "~nobody-at-all/x"\n',
        f'{IMAP}ca_file = "{"x" * 5000}"\n',
    ],
)
def test_a_path_that_leads_nowhere_is_a_mistake_with_its_line(
    tmp_path: Path, places: Places, text: str
) -> None:
    line = text.count("\n")
    with pytest.raises(SettingsError, match=f"config.toml, line {line}: "):
        load(tmp_path, places, text)


def test_the_docstring_of_every_setting_is_its_manual() -> None:
    tree = ast.parse(inspect.getsource(settings_module))
    for section in tree.body:
        if isinstance(section, ast.ClassDef) and section.name != "Security":
            for field, after in zip(section.body, section.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign):
                    documented = isinstance(after, ast.Expr)
                    assert documented, ast.unparse(field)
