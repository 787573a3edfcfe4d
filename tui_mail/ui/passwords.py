"""Passwords that an engine asks for: typed, or from the command with the screen away."""

import shlex
import subprocess
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from tui_mail.link.messages import Password, Which
from tui_mail.model.displayable import Displayable
from tui_mail.model.error import MailError
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.screens.prompt import Prompt

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def ask_password(
    app: "MailApp", account: str, line: Displayable, which: Which
) -> None:
    """Ask for the password of an account's server and hand it to its engine."""
    secret = ""
    settings = app.accounts.account(account)
    server = settings.smtp if which == "smtp" else settings.incoming
    command = server.password_command if server is not None else ""
    if command and await _wants_command(app, account, line):
        try:
            secret = _run_here(app, command)
        except MailError as failed:
            line = failed.line
    if not secret:
        whose = f" of {server.username} at {server.host}" if server is not None else ""
        prompt = Prompt(f"Password{whose}:", password=True)
        prompt.set_error(line if line.startswith(account) else f"{account}: {line}")
        secret = await app.ask(prompt) or ""
    app.engines.send(account, Password(secret, which))


async def _wants_command(app: "MailApp", account: str, line: Displayable) -> bool:
    question = f"{account}: {line}. Run its password_command here, on the terminal?"
    answers = [("Enter y", "run it"), ("t", "type the password")]
    return await app.ask(Confirm(question, answers)) == "Enter"


def _run_here(app: "MailApp", command: str) -> str:
    """Run the command on the terminal, the screen put away; its first line."""
    try:
        with app.suspend():
            done = subprocess.run(
                shlex.split(command), stdout=subprocess.PIPE, check=False
            )
    except SuspendNotSupported:
        raise MailError("the screen cannot be put away here") from None
    except (OSError, ValueError) as error:
        raise MailError(f"password_command could not be run: {error}") from None
    if done.returncode:
        raise MailError(f"password_command failed ({done.returncode})")
    return done.stdout.decode(errors="surrogateescape").split("\n", 1)[0].rstrip("\r")
