"""The signs of the screen: single cells that mean one thing, each with an ASCII twin."""

import locale
import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signs:
    """Every sign that a pane draws; all are one cell wide."""

    cursor: str = "▌"
    mark: str = "✓"
    unread: str = "●"
    flagged: str = "★"
    answered: str = "↩"
    forwarded: str = "→"
    attachment: str = "⊙"
    waiting: str = "⇡"
    remote: str = "↓"
    """Not downloaded."""
    pinned: str = "◆"
    """Kept for offline reading."""
    on_server: str = "☁"
    """On its POP3 server still."""
    open: str = "▾"
    folded: str = "▸"
    branch: str = "├"
    last_branch: str = "└"
    ellipsis: str = "…"
    quote: str = "│"
    rule: str = "─"
    separator: str = "·"
    warning: str = "!"
    passed: str = "✓"
    bar_full: str = "▇"
    bar_empty: str = "▁"


UNICODE = Signs()
"""What a terminal with UTF-8 shows."""

ASCII = Signs(
    cursor=">",
    mark="+",
    unread="o",
    flagged="*",
    answered="r",
    forwarded="f",
    attachment="@",
    waiting="^",
    remote="v",
    pinned="p",
    on_server="s",
    open="-",
    folded="+",
    branch="|",
    last_branch="`",
    ellipsis="~",
    quote="|",
    rule="-",
    separator="-",
    passed="=",
    bar_full="#",
    bar_empty=".",
)
"""What any other terminal shows."""

_BIDI_TERMINALS = ("VTE_VERSION", "KONSOLE_VERSION", "MLTERM", "MINTTY_SHORTCUT")


def choose_signs(*, ascii_only: bool | None = None) -> Signs:
    """Take the signs that the terminal can show; a setting may decide instead."""
    if ascii_only is None:
        encoding = locale.getpreferredencoding(do_setlocale=False)
        ascii_only = encoding.lower().replace("-", "") not in {"utf8", "utf16"}
        ascii_only = ascii_only or _names_ascii()
    return ASCII if ascii_only else UNICODE


def _names_ascii(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the locale was chosen to be C: Python takes UTF-8 then all the same."""
    named = [environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")]
    return next((each for each in named if each), "") in ("C", "POSIX")


def reorders_text(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether the terminal itself turns right-to-left text round.

    Only there are direction isolates written; elsewhere they do nothing, and some
    terminals and multiplexers draw them as boxes.
    """
    if "TMUX" in environ or environ.get("TERM", "").startswith(("screen", "tmux")):
        return False
    return any(name in environ for name in _BIDI_TERMINALS) or (
        environ.get("TERM_PROGRAM") == "Apple_Terminal"
    )
