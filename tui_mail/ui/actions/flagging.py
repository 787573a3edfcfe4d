"""Flags and keywords."""

from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.model.flags import FLAGGED, SEEN, canonical, is_keyword
from tui_mail.model.operation import SetFlags
from tui_mail.model.rights import Right
from tui_mail.ui.actions.acting import (
    Targets,
    find_targets,
    sentence,
    summaries,
    tidy_after,
)
from tui_mail.ui.screens.prompt import Prompt

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def toggle_flagged(app: "MailApp") -> None:
    """Flag; unflag where all are flagged."""
    targets = await find_targets(app, Right.KEEP_FLAGS)
    if targets is not None:
        await _toggle(app, targets, FLAGGED, ("flagged", "unflagged"))


async def toggle_seen(app: "MailApp") -> None:
    """Mark read; unread where all are read."""
    targets = await find_targets(app, Right.KEEP_SEEN)
    if targets is not None:
        await _toggle(app, targets, SEEN, ("marked read", "marked unread"))


async def mark_read(app: "MailApp") -> None:
    """Mark read what is not."""
    await _set_seen(app, seen=True)


async def mark_unread(app: "MailApp") -> None:
    """Mark unread what is not."""
    await _set_seen(app, seen=False)


async def tag(app: "MailApp") -> None:
    """Add a keyword; take it off where all have it."""
    targets = await find_targets(app, Right.KEEP_FLAGS)
    if targets is None:
        return
    prompt = Prompt("Keyword to add or take off:", history=app.history["tag"])
    typed = await app.ask(prompt)
    word = (typed or "").strip()
    if not word:
        return
    if not is_keyword(word):
        app.warn(own("A keyword has neither spaces nor brackets, quotes, \\ % *."))
        return
    app.remember("tag", word)
    word = canonical(word)
    await _toggle(app, targets, word, (f"tagged {word}", f"untagged {word}"))


async def _toggle(
    app: "MailApp", targets: Targets, flag: str, verbs: tuple[str, str]
) -> None:
    rows = await summaries(app, targets)
    if not rows:
        return
    if all(flag in row.flags for row in rows):
        await _set(
            app, targets, SetFlags(targets.numbers, remove=frozenset({flag})), verbs[1]
        )
    else:
        await _set(
            app, targets, SetFlags(targets.numbers, add=frozenset({flag})), verbs[0]
        )


async def _set_seen(app: "MailApp", *, seen: bool) -> None:
    targets = await find_targets(app, Right.KEEP_SEEN)
    if targets is None:
        return
    word = "read" if seen else "unread"
    others = [
        s.number for s in await summaries(app, targets) if (SEEN in s.flags) != seen
    ]
    if not others:
        tidy_after(app, gone=False)
        app.say(sentence(f"{targets.words}: {word} already."))
        return
    flag, none = frozenset({SEEN}), frozenset[str]()
    wish = SetFlags(targets.numbers, *((flag, none) if seen else (none, flag)))
    await _set(app, targets, wish, f"marked {word}")


async def _set(app: "MailApp", targets: Targets, wish: SetFlags, verb: str) -> None:
    first, _, rest = verb.partition(" ")
    tidy_after(app, gone=False)
    said = f"{first} {targets.words} {rest}".rstrip()
    await app.wishes.perform(targets.account, wish, said)
    if len(targets.numbers) > 1:
        app.say(sentence(said))
