"""The manual: tui-mail help, tui-mail help TOPIC."""

import argparse
import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator

from tui_mail.cli import output
from tui_mail.cli.commands import COMMANDS, Parser, add_common
from tui_mail.cli.overview import overview
from tui_mail.cli.session import Session
from tui_mail.config import settings
from tui_mail.model.error import UsageError

_QUERIES = """\
word "a phrase"          in the subject, addresses, text, names of attachments
from: to: cc:            an address or a name; me is oneself
subject: body: filename: list: id: thread:
in:MAILBOX               its name or role, in:"Two Words"; trash and junk are searched
                         only where they are named, or with in:anywhere
account:NAME  tag:KEYWORD  has:attachment
is:unread                also read, flagged, answered, draft, pinned
before:2026-01-31        also after: on: date:2026-01-01..2026-01-31 date:2026-01-01..
older:2w newer:3d        d days, w weeks, m months, y years
larger:1M smaller:20k
-term  NOT term          what the term does not find
a b   a OR b   ( )       both; any; brackets group; OR binds less than what stands together
*                        everything

also label: for tag:, folder: for in:, attachment: for filename:, older_than:, newer_than:,
is:starred, is:replied. Quotes keep words together: subject:"two words"; word* begins so.
Dates are days here; before: leaves its day out, after: takes it in. A colon makes a field
only after lower-case letters and before neither a space nor //; else it is text.
"""

_TABLES = {
    "Account": "[accounts.NAME]",
    "Server": "[accounts.NAME.imap], .pop3, .smtp",
    "SmtpServer": "[accounts.NAME.smtp]",
    "PopServer": "[accounts.NAME.pop3]",
    "UiSettings": "[ui]",
}
_KEYS = {"full_name": "name"}
_NO_KEYS = ("imap", "pop3", "smtp")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help=", ".join(_topics()))


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Print a page."""
    topic = arguments.topic
    if topic is None:
        output.lines(f"{overview()}\ntopics of tui-mail help: {', '.join(_topics())}\n")
    elif topic == "queries":
        output.lines(_QUERIES)
    elif topic == "settings":
        output.lines(f"{session.places.settings_file()}\n{''.join(_settings())}")
    elif topic in COMMANDS:
        module = importlib.import_module(f"tui_mail.cli.{COMMANDS[topic].module}")
        parser = Parser(
            prog=f"tui-mail {topic}",
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(parser)
        add_common(parser)
        output.lines(parser.format_help())
    else:
        raise UsageError(
            f'there is no topic "{topic}"; there are: {", ".join(_topics())}'
        )
    return 0


def _topics() -> tuple[str, ...]:
    return ("queries", "settings", *COMMANDS)


def _settings() -> Iterator[str]:
    """Yield the manual of the settings out of the docstrings of their fields."""
    for section in ast.parse(inspect.getsource(settings)).body:
        if not isinstance(section, ast.ClassDef) or section.name not in _TABLES:
            continue
        yield f"\n{_TABLES[section.name]}\n"
        for field, manual in zip(section.body, section.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(manual, ast.Expr):
                yield _field(field, ast.literal_eval(manual.value))


def _field(field: ast.AnnAssign, manual: str) -> str:
    name = ast.unparse(field.target)
    name = _KEYS.get(name, name)
    if name in _NO_KEYS or (name == "name" and "you gave it" in manual):
        return ""
    quoted = manual.replace('``"', '"').replace('"``', '"').replace("``", '"')
    words = " ".join(quoted.split())
    return (
        textwrap.fill(
            words, 88, initial_indent=f"  {name:<18} ", subsequent_indent=" " * 21
        )
        + "\n"
    )
