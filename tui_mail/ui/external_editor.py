"""A program of the person's own to write the body with."""

import os
import shlex
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import SuspendNotSupported

from tui_mail.config.places import make_private
from tui_mail.model.error import MailError

if TYPE_CHECKING:
    from textual.app import App

_LARGEST = 20_000_000
"""Octets of a text that are taken back."""


def editor_command(configured: str) -> str:
    """Say which program it is: the settings', else ``$VISUAL``, ``$EDITOR``, ``vi``."""
    if configured and configured not in ("$EDITOR", "$VISUAL"):
        return configured
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"


def edit(app: "App[Any]", command: str, text: str, folder: Path) -> str:
    """Have the program edit the text, the screen put away; give what it left.

    The file is for the person's eyes only, in ``folder``, and goes afterwards. Raises
    MailError where the program did not start, failed, or left no text.
    """
    try:
        handle, name = tempfile.mkstemp(".eml", "draft-", make_private(folder))
    except OSError as error:
        raise MailError(f"{folder}: {error.strerror}") from None
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text if text.endswith("\n") or not text else f"{text}\n")
        status = _run(app, command, path)
        if status:
            raise MailError(f"the editor ended with {status}; the text is as it was")
        return _read(path)
    finally:
        for each in (path, path.with_name(f"{path.name}~")):
            with suppress(OSError):
                each.unlink()


def _run(app: "App[Any]", command: str, path: Path) -> int:
    """Run it on the terminal; what the person set is theirs, so the shell may read it."""
    before = signal.getsignal(signal.SIGINT)
    line = f"{command} {shlex.quote(str(path))}"
    try:
        with app.suspend():
            # Ctrl+C is for the editor; a handler, unlike SIG_IGN, is not inherited.
            signal.signal(signal.SIGINT, lambda *_: None)
            return subprocess.run(["/bin/sh", "-c", line], check=False).returncode
    except SuspendNotSupported:
        raise MailError("the screen cannot be put away here") from None
    except OSError as error:
        raise MailError(f"{command}: {error.strerror}") from None
    finally:
        signal.signal(signal.SIGINT, before)


def _read(path: Path) -> str:
    try:
        octets = path.read_bytes()
    except OSError:
        raise MailError("the editor left no text; it is as it was") from None
    if len(octets) > _LARGEST:
        raise MailError("the text is too long now; it is as it was")
    return octets.decode(errors="replace")
