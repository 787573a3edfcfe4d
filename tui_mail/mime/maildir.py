"""Maildirs: a file for each message, in folders ``cur`` and ``new``.

Flags are letters at the end of the name. Keywords are small letters there; which of
them means what stands in a file of Dovecot's, ``dovecot-keywords``.
"""

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG

from tui_mail.model.error import NotFound
from tui_mail.model.flags import (
    ANSWERED,
    DELETED,
    DRAFT,
    FLAGGED,
    FORWARDED,
    SEEN,
    SYSTEM_FLAGS,
    Flags,
    canonical,
    is_keyword,
)
from tui_mail.model.mailbox_names import decode_name

_FOLDERS = ("cur", "new")
_LETTERS = {
    **{"D": DRAFT, "F": FLAGGED, "P": FORWARDED},
    **{"R": ANSWERED, "S": SEEN, "T": DELETED},
}
_SIGNS = {flag: letter for letter, flag in _LETTERS.items()}
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)[^:;!]*\Z")
_SECONDS = re.compile(r"(\d{9,10})[._]")
_KEYWORDS = "dovecot-keywords"
_KEYWORD_LINE = re.compile(r"(\d{1,2}) (\S+)")
_MOST_KEYWORDS = 26
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class MaildirEntry:
    """A message's file; it may be renamed or gone when it is opened."""

    path: Path
    flags: Flags
    r"""``\Deleted`` where it was put into the trash and not yet removed."""
    arrived: datetime
    size: int
    folder: tuple[str, ...] = ()
    """The names of the folder below the Maildir, the outermost first."""


def is_maildir(folder: Path) -> bool:
    """Tell whether a folder is a Maildir, or what is left of one."""
    return any((folder / name).is_dir() for name in _FOLDERS)


def maildir_folders(folder: Path) -> list[tuple[tuple[str, ...], Path]]:
    """Name a Maildir and those in it, itself first (Maildir++, or folders in folders).

    Raises NotFound where there is no Maildir at all.
    """
    found: list[tuple[tuple[str, ...], Path]] = []
    if is_maildir(folder):
        found.append(((), folder))
    found += _folders_in(folder, (), set())
    if not found:
        raise NotFound(f"{folder}: there is no Maildir: no folder cur or new")
    return found


def scan_maildir(
    folder: Path, *, within: bool = True, newest_first: bool = False
) -> Iterator[MaildirEntry]:
    """Find the messages of a Maildir and, unless told otherwise, of those within it.

    Folder by folder, in the order of the names, which begin with when they came. Other
    things than files are left out. Raises NotFound where there is no Maildir.
    """
    for names, path in maildir_folders(folder):
        if within or not names:
            keywords = _load_keywords(path)
            for name, where in sorted(_names(path), reverse=newest_first):
                entry = _entry(path / where / name, keywords, names)
                if entry is not None:
                    yield entry


def find_moved(path: Path) -> Path | None:
    """Find a message again whose file was renamed, as other programs do with flags."""
    unique = re.split("[:;!]2,", path.name)[0]
    for name, where in _names(path.parent.parent):
        if re.split("[:;!]2,", name)[0] == unique:
            return path.parent.parent / where / name
    return None


def make_maildir(folder: Path) -> None:
    """Make a Maildir, or what is missing of one; raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("tmp", *_FOLDERS):
        (folder / name).mkdir(mode=0o700, exist_ok=True)


def write_maildir(
    folder: Path,
    pieces: Iterable[bytes],
    *,
    flags: Flags = frozenset(),
    arrived: datetime,
    named: str = "",
    lasting: bool = True,
) -> Path:
    """Write a message into a Maildir; when this returns it is on the disk, whole.

    Nothing is ever written over, but what the same message left in ``tmp``. Without flags
    it is new there. ``named``: what tells it from all others in its name; chance does
    without. Not ``lasting``: it may be gone again where the power fails before
    :func:`keep_maildir`. Raises OSError, and leaves nothing behind then.
    """
    seconds = max(0, int(arrived.timestamp()))
    unique = f"{seconds}.{named or secrets.token_hex(8)}.{_host()}"
    temporary = folder / "tmp" / unique
    if named:
        temporary.unlink(missing_ok=True)
    letters = _letters(folder, flags)
    where = folder / ("cur" if letters else "new")
    final = where / (f"{unique}:2,{letters}" if letters else unique)
    try:
        with open(temporary, "xb", opener=_private) as file:
            file.writelines(pieces)
            file.flush()
            os.utime(file.fileno(), (arrived.timestamp(), arrived.timestamp()))
            os.fsync(file.fileno())
        temporary.rename(final)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if lasting:
        _keep_folder(where)
    return final


def unlettered(folder: Path, flags: Flags) -> Flags:
    """Say which keywords have no letter in a Maildir: it has 26."""
    words = flags - _SIGNS.keys() - set(SYSTEM_FLAGS)
    return words - set(_load_keywords(folder).values()) if words else words


def keep_maildir(folder: Path) -> None:
    """Have all that was written into a Maildir on the disk for good; raises OSError."""
    for name in _FOLDERS:
        _keep_folder(folder / name)


def _names(folder: Path) -> Iterator[tuple[str, str]]:
    for where in _FOLDERS:
        try:
            found = [path.name for path in (folder / where).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            continue
        yield from ((name, where) for name in found if not name.startswith("."))


def _entry(
    path: Path, keywords: dict[str, str], folder: tuple[str, ...]
) -> MaildirEntry | None:
    try:
        told = path.stat()
    except OSError:
        return None
    if not S_ISREG(told.st_mode):
        return None
    info = _INFO.search(path.name)
    known = {**_LETTERS, **keywords}
    flags = {known[one] for one in (info[1] if info else "") if one in known}
    return MaildirEntry(
        path=path,
        flags=frozenset(flags),
        arrived=_arrived(path.name, told.st_mtime),
        size=told.st_size,
        folder=folder,
    )


def _arrived(name: str, changed: float) -> datetime:
    """Say when a message came: a copied file may be younger than its name, and not older."""
    found = _SECONDS.match(name)
    seconds = min(changed, float(found[1])) if found else changed
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _folders_in(
    folder: Path, above: tuple[str, ...], seen: set[tuple[int, int]]
) -> list[tuple[tuple[str, ...], Path]]:
    """Find the Maildirs below a folder, each once whatever links lead to it."""
    told = folder.stat()
    seen.add((told.st_dev, told.st_ino))
    found: list[tuple[tuple[str, ...], Path]] = []
    for path in sorted(folder.iterdir()):
        if path.name in ("tmp", *_FOLDERS) or not path.is_dir():
            continue
        names = (*above, *_folder_names(path.name))
        told = path.stat()
        if (told.st_dev, told.st_ino) in seen or not len(above) < len(names) < _DEEPEST:
            continue
        if is_maildir(path):
            found.append((names, path))
        with suppress(PermissionError):
            found += _folders_in(path, names, seen)
    return found


def _folder_names(name: str) -> tuple[str, ...]:
    """Read the name of a folder: ``.Lists.python`` lies within ``.Lists`` (Maildir++)."""
    parts = name[1:].split(".") if name.startswith(".") else [name]
    return tuple(_decoded(part) for part in parts if part)


def _decoded(part: str) -> str:
    return decode_name(part.encode("ascii")) if part.isascii() else part


def _load_keywords(folder: Path) -> dict[str, str]:
    """Say what each small letter means in a Maildir."""
    try:
        text = (folder / _KEYWORDS).read_text("utf-8", "replace")
    except OSError:
        return {}
    found = (_KEYWORD_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return {
        chr(ord("a") + int(one[1])): canonical(one[2])
        for one in found
        if one and int(one[1]) < _MOST_KEYWORDS and is_keyword(one[2])
    }


def _letters(folder: Path, flags: Flags) -> str:
    """Write flags as letters; keywords for which none is free any more are left out."""
    letters = {_SIGNS[flag] for flag in flags if flag in _SIGNS}
    words = sorted(flags - _SIGNS.keys() - set(SYSTEM_FLAGS))
    if words:
        known = {word: letter for letter, word in _load_keywords(folder).items()}
        known |= _name_keywords(
            folder, known, [one for one in words if one not in known]
        )
        letters |= {known[word] for word in words if word in known}
    return "".join(sorted(letters))


def _name_keywords(
    folder: Path, known: dict[str, str], words: list[str]
) -> dict[str, str]:
    """Give letters to keywords that have none yet."""
    used = set(known.values())
    free = [chr(ord("a") + n) for n in range(_MOST_KEYWORDS)]
    given = dict(zip(words, (one for one in free if one not in used), strict=False))
    if given:
        lines = "".join(
            f"{ord(one) - ord('a')} {word}\n" for word, one in given.items()
        )
        with open(folder / _KEYWORDS, "ab", opener=_private) as file:
            file.write(lines.encode("ascii"))
    return given


def _private(path: str, how: int) -> int:
    return os.open(path, how, 0o600)


def _host() -> str:
    return re.sub("[^A-Za-z0-9.-]", "_", os.uname().nodename) or "localhost"


def _keep_folder(folder: Path) -> None:
    """Have a folder's entries on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
