"""New accounts written into the settings file, without touching what stands there."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tui_mail.config.accounts import is_account_name
from tui_mail.config.load import load_settings
from tui_mail.config.places import Places
from tui_mail.model.error import SettingsError

Value = str | int | bool
Fields = Mapping[str, Value | Mapping[str, Value]]


def add_account(path: Path, name: str, fields: Fields) -> None:
    """Append ``[accounts.NAME]`` with its fields; a mapping becomes a table below it.

    The file is replaced as a whole, 0600, only after the new text was read back
    without a mistake. Raises SettingsError, and then nothing was changed.
    """
    if not is_account_name(name):
        raise SettingsError(f'"{name}": a name has only letters, digits, - and _')
    target = path.resolve()
    try:
        before = target.read_text(encoding="utf-8")
    except FileNotFoundError:
        before = ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    _replace(target, before + gap + account_text(name, fields))


def _replace(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=".config-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            _check(Path(draft), target)
            Path(draft).replace(target)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{target} cannot be written: {error.strerror or error}"
        ) from None


def _check(draft: Path, target: Path) -> None:
    nowhere = draft.parent
    try:
        load_settings(draft, Places(nowhere, nowhere, nowhere, nowhere))
    except SettingsError as mistake:
        raise SettingsError(mistake.line.replace(str(draft), str(target))) from None


def account_text(name: str, fields: Fields) -> str:
    """Write ``[accounts.NAME]`` with its fields and tables, as TOML."""
    own = {
        key: value for key, value in fields.items() if not isinstance(value, Mapping)
    }
    text = _table(f"accounts.{name}", own)
    for key, value in fields.items():
        if isinstance(value, Mapping):
            text += "\n" + _table(f"accounts.{name}.{key}", value)
    return text


def _table(name: str, values: Mapping[str, Value]) -> str:
    lines = [f"{key} = {_toml(value)}\n" for key, value in values.items()]
    return f"[{name}]\n" + "".join(lines)


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    out = ['"']
    for letter in value:
        if letter in '"\\':
            out.append("\\" + letter)
        elif letter < " " or letter == "\x7f":
            out.append(f"\\u{ord(letter):04x}")
        else:
            out.append(letter)
    return "".join([*out, '"'])
