"""What the commands do: a module for each group, a function for each command.

A function takes the reader. One that asks, or waits for the store, is a coroutine: keys
typed meanwhile wait until it is done, or go to what it asks.
"""

import importlib
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from tui_mail.ui.commands import Command

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp

Action = Callable[["MailApp"], Coroutine[Any, Any, None] | None]


def function_of(command: Command) -> Action:
    """Find a command's function; its module is imported when it is first needed."""
    module, name = command.does.split(".")
    function: Action = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    return function
