"""The person's own address book, asked by a command of theirs."""

import asyncio
import os
import shlex
from contextlib import suppress
from pathlib import Path

from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError
from tui_mail.ui.completing import MOST, Person
from tui_mail.ui.screens.line_edit import one_line

_DEADLINE = 5.0
"""Seconds that the command has."""
_OUTPUT = 256_000
"""Octets of its output that are read."""


async def look_up(command: str, typed: str) -> list[Person]:
    """Ask the command for people; no shell reads what was typed.

    ``%s`` stands for it, as one argument or within one. Raises MailError.
    """
    arguments = arguments_of(command, typed)
    try:
        child = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise MailError(f"addressbook.command: {arguments[0]}: {why}") from None
    try:
        async with asyncio.timeout(_DEADLINE):
            output = await _read(child)
    except TimeoutError:
        raise MailError("addressbook.command did not answer in time") from None
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, 9)
            await child.wait()
    return people_in(output.decode(errors="replace"))


async def _read(child: asyncio.subprocess.Process) -> bytes:
    assert child.stdout is not None
    output = b""
    while len(output) < _OUTPUT:
        octets = await child.stdout.read(_OUTPUT - len(output))
        if not octets:
            await child.wait()
            break
        output += octets
    return output


def arguments_of(command: str, typed: str) -> list[str]:
    """Split a command as a shell does, then put what was typed into it.

    Raises MailError for quotes that are not closed, and for nothing.
    """
    try:
        split = shlex.split(command)
    except ValueError as error:
        raise MailError(f"addressbook.command: {error}") from None
    if not split:
        raise MailError("addressbook.command is empty")
    safe = one_line(typed)
    return [_at_home(each).replace("%s", safe) for each in split]


def _at_home(argument: str) -> str:
    if not argument.startswith("~"):
        return argument
    try:
        return str(Path(argument).expanduser())
    except RuntimeError:
        return argument


def people_in(output: str) -> list[Person]:
    """Read lines of an address, a tab and a name; other lines say something else."""
    from tui_mail.compose.fields import Recipient, format_one

    found: list[Person] = []
    for line in output.splitlines():
        address, _, rest = line.partition("\t")
        address = one_line(address).strip()
        local, at, domain = address.rpartition("@")
        if not (local and at and domain) or any(sign in address for sign in ' ,;<>"'):
            continue
        name = displayable(one_line(rest.partition("\t")[0]))
        entry = format_one(Recipient(str(name), address))
        found.append(Person(name, displayable(address), one_line(entry)))
        if len(found) == MOST * 4:
            break
    return found
