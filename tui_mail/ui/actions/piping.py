"""A message, or a part of it, given to a command of the person's own."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from tui_mail.model.displayable import own
from tui_mail.model.error import MailError
from tui_mail.model.ids import WHOLE
from tui_mail.ui.actions.saving import chosen_part, decoded
from tui_mail.ui.screens.prompt import Prompt

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def pipe(app: "MailApp") -> None:
    """Pipe the message as it was sent, or the part that is chosen, to a command."""
    loaded = await app.reading.current()
    if loaded is None:
        return
    part = chosen_part(app, loaded)
    what = "message" if part is None else f"part {part.part_id}"
    command = await app.ask(Prompt(f"Pipe the {what} to:"))
    if not command or not command.strip():
        return
    octets = (
        await app.reading.octets(WHOLE) if part is None else await decoded(app, part)
    )
    status = run_here(app, command, octets)
    ended = "; it was stopped" if status < 0 else f"; it ended with {status}"
    app.say(own(f"The {what} went to {command}{ended if status else ''}"))


def run_here(app: "MailApp", command: str, octets: bytes) -> int:
    """Run the command on the terminal, the screen put away; raises MailError.

    What was typed is the person's own, so the shell reads it; what others wrote comes
    by its standard input and nowhere else.
    """
    shell = os.environ.get("SHELL") or "/bin/sh"
    before = signal.getsignal(signal.SIGINT)
    try:
        with app.suspend():
            # Ctrl+C is for the command; a handler, unlike SIG_IGN, is not inherited.
            signal.signal(signal.SIGINT, lambda *_: None)
            done = subprocess.run([shell, "-c", command], input=octets, check=False)
            sys.stdout.write("\nEnter goes back to the mail. ")
            sys.stdout.flush()
            with suppress(EOFError):
                input()
    except SuspendNotSupported:
        raise MailError("the screen cannot be put away here") from None
    except OSError as error:
        raise MailError(f"{shell}: {error.strerror}") from None
    finally:
        signal.signal(signal.SIGINT, before)
    return done.returncode
