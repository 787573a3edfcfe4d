"""The table of commands: what there is, and which module does it."""

import argparse
import difflib
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import NoReturn

from tui_mail.cli import output
from tui_mail.cli.session import Session
from tui_mail.config.settings import Settings
from tui_mail.model.error import UsageError


@dataclass(frozen=True, slots=True)
class Command:
    """One command; ``module`` is below ``tui_mail.cli``."""

    name: str
    module: str
    summary: str


COMMANDS = {
    command.name: command
    for command in (
        Command("sync", "sync", "synchronize without a screen"),
        Command("mailboxes", "mailboxes", "list the mailboxes"),
        Command("search", "search", "find messages"),
        Command("show", "show", "print a message"),
        Command("flag", "flag", "add and remove flags"),
        Command("move", "move", "move messages to another mailbox"),
        Command("delete", "delete", "move messages to the trash, or delete them"),
        Command("export", "exporting", "write messages into a Maildir, mbox or file"),
        Command("import", "importing", "put mail out of files into a mailbox"),
        Command("send", "send", "send a message out of a file, or from stdin"),
        Command("sendmail", "sendmail", "the same, as programs call it"),
        Command("outbox", "outbox", "what waits for a server"),
        Command("doctor", "doctor", "check settings, store, terminal and servers"),
        Command("help", "manual", "the manual"),
    )
}
"""The commands that are done here."""

WITH_SCREEN = ("account", "compose", "demo", "open")
"""Those that need a terminal, which the entry point does."""

_TAKES_VALUE = ("--config",)
_MAY_BEGIN_WITH_A_MINUS = ("--query", "--subject")
_NEEDS_NO_COLON = ("search", "export")
_TAKES_NO_QUERY = ("compose", "send", "sendmail")
_SHORT = ("-", "-h", "-v")
_SHIELD = "\0"


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are errors of the house."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of leaving."""
        raise UsageError(f"{message} (see: {self.prog} --help)")

    def print_help(self, file: object = None) -> None:  # noqa: ARG002 - as argparse has it
        """Print the help in UTF-8, and let an output that fails be heard of."""
        output.lines(self.format_help())


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every command takes."""
    parser.add_argument("--config", metavar="FILE", help="the settings file")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="write more into the log"
    )
    parser.add_argument(
        "--version", action="store_true", help="print the version and leave"
    )


def split(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """Find the command's name and take it out; None where there is no command."""
    position = 0
    while position < len(arguments):
        word = arguments[position]
        if word in _TAKES_VALUE:
            position += 1
        elif not word.startswith("-") or word == "-":
            return word, [*arguments[:position], *arguments[position + 1 :]]
        position += 1
    return None, list(arguments)


def run(
    name: str, arguments: Sequence[str], check: Callable[[Settings], object]
) -> int:
    """Run one command and return its exit status; raises MailError.

    ``check`` raises SettingsError for what only the reader knows.
    """
    command = COMMANDS.get(name)
    if command is None:
        raise UsageError(_unknown(name))
    module = importlib.import_module(f"tui_mail.cli.{command.module}")
    chosen = parsed(name, module, arguments)
    with Session.begin(chosen.config, check, verbose=chosen.verbose) as session:
        status = int(module.run(session, chosen))
        return max(status, int(session.incomplete))


def parsed(
    name: str, module: ModuleType, arguments: Sequence[str]
) -> argparse.Namespace:
    """Read a command's arguments as its module takes them; raises UsageError."""
    parser = Parser(
        prog=f"tui-mail {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    add_common(parser)
    chosen = parser.parse_intermixed_args(_shielded(name, arguments))
    _unshield(chosen)
    return chosen


def _shielded(name: str, arguments: Sequence[str]) -> list[str]:
    """Keep argparse from taking ``-draft``, ``-is:unread`` and the like for options.

    A query's term may begin with a minus; no option of ours has a colon in it. NUL
    cannot come from a command line. Behind ``--`` nothing is an option.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    out: list[str] = []
    for word in arguments[:end]:
        after = out[-1] if out else ""
        term = (
            word.startswith("-")
            and not word.startswith("--")
            and name not in _TAKES_NO_QUERY
            and (":" in word or (name in _NEEDS_NO_COLON and word not in _SHORT))
            and after not in ("--limit", *_TAKES_VALUE)
        )
        hidden = term or (after in _MAY_BEGIN_WITH_A_MINUS and word.startswith("-"))
        out.append(_SHIELD + word if hidden else word)
    return out + [_SHIELD + word for word in arguments[end + 1 :]]


def _unshield(chosen: argparse.Namespace) -> None:
    for name, value in vars(chosen).items():
        if isinstance(value, str):
            setattr(chosen, name, value.removeprefix(_SHIELD))
        elif isinstance(value, list):
            setattr(chosen, name, [word.removeprefix(_SHIELD) for word in value])


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, (*COMMANDS, *WITH_SCREEN), 1)
    remedy = f'did you mean "{near[0]}"?' if near else "see: tui-mail --help"
    return f'there is no command "{name}"; {remedy}'
