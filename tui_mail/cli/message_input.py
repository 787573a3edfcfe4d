"""A message that a command is given, as octets."""

import io
import sys
from pathlib import Path
from typing import BinaryIO

from tui_mail.model.error import MailError

LARGEST = 200_000_000
"""Octets of a message that is taken: no server takes half of that."""
_DOT = (b".\n", b".\r\n", b".")


def read_message(name: str, *, dot_ends: bool = False) -> bytes:
    """Read a file, or stdin for ``-``; raises MailError where it is too large.

    ``dot_ends``: a line with a dot alone is the end, as where a person types it.
    """
    if name != "-":
        with Path(name).open("rb") as file:
            return _bounded(file)
    stdin = sys.stdin.buffer
    return _up_to_dot(stdin) if dot_ends else _bounded(stdin)


def _bounded(file: BinaryIO) -> bytes:
    octets = file.read(LARGEST + 1)
    _refuse_large(len(octets))
    return octets


def _up_to_dot(file: BinaryIO) -> bytes:
    taken = io.BytesIO()
    # A line may have no end.
    while line := file.readline(LARGEST + 1):
        if line in _DOT:
            break
        taken.write(line)
        _refuse_large(taken.tell())
    return taken.getvalue()


def _refuse_large(size: int) -> None:
    if size > LARGEST:
        raise MailError(f"the message has more than {LARGEST // 1_000_000} MB")
