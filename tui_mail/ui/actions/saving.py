"""Parts saved to files: private ones, and never over another."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import displayable, own
from tui_mail.model.error import MailError
from tui_mail.model.ids import WHOLE
from tui_mail.model.sizes import size_text
from tui_mail.ui.actions.parts import list_parts
from tui_mail.ui.loading import Loaded, find_part
from tui_mail.ui.screens.prompt import Prompt

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

_MOST_NAMES = 1_000
_LARGE = 5_000_000
"""Octets from which on it is said that a part is being saved: it takes a while."""
_ENDINGS = {
    "text/plain": "txt",
    "message/rfc822": "eml",
    "application/octet-stream": "bin",
}
"""Endings of files without a name, where the type's second word is not the usual one."""


async def save(app: "MailApp") -> None:
    """Save the part that is chosen or shown, else the only attachment."""
    loaded = await app.reading.current()
    if loaded is None:
        return
    part = chosen_part(app, loaded)
    if part is None:
        attachments = _attachments(loaded)
        if len(attachments) != 1:
            await _choose(app, loaded, len(attachments))
            return
        part = attachments[0]
    folder = _folder(app)
    suggested = await asyncio.to_thread(free_name, folder / _name(part, loaded))
    typed = await app.ask(Prompt("Save to:", value=str(suggested)))
    if typed and typed.strip():
        app.start(_save(app, part, path_of(typed), suggested.name))


async def save_all(app: "MailApp") -> None:
    """Save all attachments into a folder."""
    loaded = await app.reading.current()
    attachments = _attachments(loaded) if loaded is not None else []
    if loaded is None or not attachments:
        app.say(own("This message has no attachments."))
        return
    question = f"Save {len(attachments)} attachments into:"
    typed = await app.ask(Prompt(question, value=f"{_folder(app)}/"))
    if typed and typed.strip():
        folder = path_of(typed)
        names = [_name(part, loaded) for part in attachments]
        app.start(_save_all(app, list(zip(attachments, names, strict=True)), folder))


async def _choose(app: "MailApp", loaded: Loaded, attachments: int) -> None:
    if loaded.content.structure is None:
        app.say(own("The parts of this message are not known yet."))
        return
    if not app.panes.lists_parts:
        await list_parts(app)
    said = "several attachments" if attachments else "no attachment"
    app.say(own(f"There is {said}: choose a part, w saves it."))


def chosen_part(app: "MailApp", loaded: Loaded) -> BodyPart | None:
    """Give the part that is chosen in the list or shown alone, if any is."""
    if app.panes.lists_parts:
        return app.panes.parts.chosen
    shown = app.reading.shape.part
    return None if shown is None else find_part(loaded.content.structure, shown)


def _attachments(loaded: Loaded) -> list[BodyPart]:
    structure = loaded.content.structure
    if structure is None:
        return []
    return [part for part in structure.walk() if part.is_attachment]


def _folder(app: "MailApp") -> Path:
    if app.settings.ui.download_dir:
        return Path(app.settings.ui.download_dir)
    import platformdirs

    return Path(platformdirs.user_downloads_dir())


def _name(part: BodyPart, loaded: Loaded) -> str:
    from tui_mail.mime.names import safe_filename

    if part.filename:
        return safe_filename(part.filename)
    subject = loaded.content.envelope.subject or "message"
    if part.part_id == WHOLE:
        return safe_filename(f"{subject}.eml")
    ending = _ENDINGS.get(part.type, part.type.rpartition("/")[2])
    return safe_filename(f"{subject}-{part.part_id}.{ending}")


def path_of(typed: str) -> Path:
    """Read a path as a person types it."""
    return Path(typed.strip()).expanduser()


def free_name(path: Path) -> Path:
    """Give the path, with a number in its name if something is there."""
    for number in range(2, _MOST_NAMES):
        if not os.path.lexists(path):
            return path
        stem = path.stem.removesuffix(f" ({number - 1})")
        path = path.with_name(f"{stem} ({number}){path.suffix}")
    return path


async def _save(app: "MailApp", part: BodyPart, path: Path, name: str) -> None:
    if part.decoded_size >= _LARGE:
        app.say(own(f"Saving {displayable(name)} ({size_text(part.decoded_size)})…"))
    octets = await decoded(app, part)
    written = await asyncio.to_thread(_write, path, name, octets)
    app.say(own(f"Saved {displayable(str(written))}"))


def _write(path: Path, name: str, octets: bytes) -> Path:
    """Write a file, or into a folder under the name; give where it lies."""
    place = free_name(path / name) if path.is_dir() else path
    write_private(place, octets)
    return place


async def _save_all(
    app: "MailApp", named: list[tuple[BodyPart, str]], folder: Path
) -> None:
    for part, name in named:
        octets = await decoded(app, part)
        path = await asyncio.to_thread(free_name, folder / name)
        await asyncio.to_thread(write_private, path, octets)
    app.say(own(f"Saved {len(named)} attachments into {displayable(str(folder))}"))


async def decoded(app: "MailApp", part: BodyPart) -> bytes:
    """Give what a part holds, fetched if need be; raises MailError."""
    from tui_mail.mime.parse import decode_part

    octets = await app.reading.octets(part.part_id)
    if part.part_id == WHOLE:
        return octets
    return await asyncio.to_thread(decode_part, part, octets)


def write_private(path: Path, octets: bytes) -> None:
    """Write a new file that only its owner can read; raises MailError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(octets)
    except FileExistsError:
        raise MailError(f"{path} is there already; nothing was written") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise MailError(f"{path}: {reason}") from None
