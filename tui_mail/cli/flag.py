"""Add and remove flags: seen, flagged, answered, draft, or a keyword."""

import argparse

from tui_mail.cli.acting import act
from tui_mail.cli.session import Session
from tui_mail.cli.targets import add_target_arguments, find_targets
from tui_mail.cli.values import counted
from tui_mail.model.error import UsageError
from tui_mail.model.flags import ANSWERED, DRAFT, FLAGGED, SEEN, canonical, is_keyword
from tui_mail.model.operation import SetFlags

_WORDS = {"seen": SEEN, "flagged": FLAGGED, "answered": ANSWERED, "draft": DRAFT}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="- reads ids from stdin")
    for name in ("--add", "--remove"):
        parser.add_argument(name, action="append", metavar="FLAG", default=[])
    add_target_arguments(parser)


def run(session: Session, arguments: argparse.Namespace) -> int:
    """Change the flags."""
    add = frozenset(map(read_flag, arguments.add))
    remove = frozenset(map(read_flag, arguments.remove))
    if not add | remove:
        raise UsageError("which flags? --add FLAG, --remove FLAG")
    if add & remove:
        raise UsageError(f"{min(add & remove)}: added and removed at once")
    targets = find_targets(session, arguments.ids, arguments, "Flag")
    signs = [f"+{_word(flag)}" for flag in sorted(add)]
    signs += [f"-{_word(flag)}" for flag in sorted(remove)]
    wishes = [
        (
            account,
            SetFlags(numbers, add, remove),
            f"changed the flags of {counted(len(numbers))}: {' '.join(signs)}",
        )
        for account, numbers in targets.values()
    ]
    return act(session, targets, arguments, wishes)


def _word(flag: str) -> str:
    return flag.removeprefix("\\").lower() if flag in _WORDS.values() else flag


def read_flag(word: str) -> str:
    r"""Read ``seen``, ``\Seen`` or a keyword; raises UsageError."""
    flag = _WORDS.get(word.removeprefix("\\").lower())
    if flag is not None:
        return flag
    if not is_keyword(word):
        raise UsageError(
            f'"{word}" is no flag: seen, flagged, answered, draft, or a keyword without '
            "spaces and brackets"
        )
    return canonical(word)
