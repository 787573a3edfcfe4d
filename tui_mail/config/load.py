"""Settings from their file."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from tui_mail.config.accounts import read_accounts
from tui_mail.config.places import Places
from tui_mail.config.section import Section, Source
from tui_mail.config.settings import Settings, UiSettings
from tui_mail.config.toml_lines import key_lines
from tui_mail.model.error import SettingsError


def load_settings(path: Path | None, places: Places) -> Settings:
    """Read the settings from ``path``, else from their usual place.

    A file that is not there has no accounts, unless it was named. Raises SettingsError
    with the file, the line, the key and the remedy.
    """
    file = path or places.settings_file()
    try:
        octets = file.read_bytes()
        mode = file.stat().st_mode
    except FileNotFoundError:
        return Settings(path=file)
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    values, text = _parse(file, octets)
    return _read(Section(Source(file, key_lines(text), not mode & 0o077), (), values))


def _parse(file: Path, octets: bytes) -> tuple[dict[str, object], str]:
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{file}, line {line}: this is not UTF-8") from None
    try:
        return tomllib.loads(text), text.replace("\r\n", "\n")
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rpartition(" (at ")
        place = where.rstrip(")") if what else "line 1"
        if "end of document" in place:
            place = f"line {text.count(chr(10)) + 1}"
        raise SettingsError(f"{file}, {place}: {what or error}") from None
    except RecursionError:
        raise SettingsError(f"{file}, line 1: nested too deep") from None


def _read(root: Section) -> Settings:
    accounts = root.section("accounts")
    ui, keys = root.section("ui"), root.section("keys")
    addressbook = root.section("addressbook")
    root.finish()
    settings = Settings(
        path=root.source.path,
        accounts=read_accounts(accounts),
        ui=_ui(ui) if ui else UiSettings(),
        theme_place=ui.place("theme") if ui else "ui.theme",
        keys=_keys(keys) if keys else MappingProxyType({}),
        key_places=_places(keys) if keys else MappingProxyType({}),
        addressbook_command=addressbook.text("command") if addressbook else "",
    )
    if addressbook:
        addressbook.finish()
    return settings


def _keys(table: Section) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({command: table.texts(command) for command in table.values})


def _places(table: Section) -> Mapping[str, str]:
    return MappingProxyType({command: table.place(command) for command in table.values})


_SORTS = ("date", "oldest", "from", "subject", "size", "arrival")


def _ui(table: Section) -> UiSettings:
    plain = UiSettings()
    ui = UiSettings(
        theme=table.text("theme", plain.theme),
        keys=table.choice("keys", plain.keys, ("default", "mutt", "gmail")),
        threads=table.boolean("threads", plain.threads),
        sort=table.choice("sort", plain.sort, _SORTS),
        columns=table.texts("columns"),
        mark_seen=_mark_seen(table),
        after_action=table.choice(
            "after_action", plain.after_action, ("next", "previous", "stay")
        ),
        date_format=table.text("date_format", plain.date_format),
        undo_seconds=table.integer("undo_seconds", plain.undo_seconds, 0, 3600),
        confirm_send=table.boolean("confirm_send", plain.confirm_send),
        editor=table.text("editor"),
        download_dir=table.path("download_dir"),
        images=table.choice("images", plain.images, ("auto", "off")),
        mouse=table.boolean("mouse", plain.mouse),
        low_bandwidth=_low_bandwidth(table),
    )
    table.finish()
    return ui


def _mark_seen(table: Section) -> str | float:
    value = table.values.get("mark_seen")
    if isinstance(value, int | float) and not isinstance(value, bool):
        table.has("mark_seen")
        if not 0 <= value <= 3600:
            table.mistake("mark_seen", f"{value} seconds is not between 0 and 3600")
        return float(value)
    if value is not None and not isinstance(value, str):
        table.has("mark_seen")
        table.mistake("mark_seen", 'must be "open", "never" or a number of seconds')
    return table.choice("mark_seen", "open", ("open", "never"))


def _low_bandwidth(table: Section) -> bool | str:
    if isinstance(table.values.get("low_bandwidth"), bool):
        return table.boolean("low_bandwidth", default=False)
    return table.choice("low_bandwidth", "auto", ("auto",))
