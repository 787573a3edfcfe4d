"""The sample mail, written for the demo; every address ends in ``.example``."""

from tui_mail.demo.letter import Letter
from tui_mail.demo.messages import (
    colleagues,
    hostile,
    lists,
    machines,
    patches,
    shelves,
    world,
)

MAILBOXES = (
    "Drafts",
    "Sent",
    "Archive",
    "Junk",
    "Trash",
    "Lists/rust",
    "Lists/sqlite",
    "Work/Invoices",
)
"""What the server has besides INBOX."""


def letters() -> tuple[Letter, ...]:
    """Gather all sample messages in the order in which they arrived."""
    everything = (
        *colleagues.LETTERS,
        *world.LETTERS,
        *lists.LETTERS,
        *patches.LETTERS,
        *machines.LETTERS,
        *hostile.LETTERS,
        *shelves.LETTERS,
    )
    return tuple(sorted(everything, key=lambda letter: letter.at))
