"""Where a socket lies, also where its path is longer than an address may be."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui_mail.model.error import LinkLost

_LONGEST = 100
"""Octets that every system allows in ``sun_path`` (104 or 108 with the end's NUL)."""
_DESCRIPTORS = Path("/proc/self/fd")


@contextmanager
def address_of(path: Path) -> Iterator[str]:
    """Give the address of a path: itself, or by way of its folder's descriptor.

    Raises LinkLost with the remedy where it is too long and there is no such way.
    """
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    short = len(os.fsencode(path.name)) <= _LONGEST - len(f"{_DESCRIPTORS}/99999/")
    if not (short and _DESCRIPTORS.is_dir()):
        raise LinkLost(
            f"{path}: this is too long for a socket; set XDG_RUNTIME_DIR to a short path"
        )
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"{_DESCRIPTORS}/{folder}/{path.name}"
    finally:
        os.close(folder)


def belongs_to_us(folder: Path) -> bool:
    """Tell whether a folder is this user's: only then a password may go into it."""
    try:
        return folder.lstat().st_uid == os.getuid()
    except OSError:
        return False
