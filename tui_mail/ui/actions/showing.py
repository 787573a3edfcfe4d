"""A message shown another way: with all headers, as its source, as HTML."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tui_mail.model.displayable import own
from tui_mail.ui.actions.parts import leave_parts
from tui_mail.ui.loading import Shape

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def headers(app: "MailApp") -> None:
    """Show all headers, or the usual ones."""
    if await _in_sight(app):
        shape = app.reading.shape
        await app.reading.reshape(replace(shape, headers=not shape.headers, raw=False))


async def raw(app: "MailApp") -> None:
    """Show the raw source, or the message."""
    if await _in_sight(app):
        await app.reading.reshape(Shape(raw=not app.reading.shape.raw))


async def html(app: "MailApp") -> None:
    """Show the HTML, or the plain text."""
    if not await _in_sight(app):
        return
    shape = app.reading.shape
    loaded = app.reading.loaded
    structure = loaded.content.structure if loaded is not None else None
    kinds = {part.type for part in structure.walk()} if structure else set()
    if not shape.html and kinds and "text/html" not in kinds:
        app.say(own("This message has no HTML."))
        return
    await app.reading.reshape(Shape(headers=shape.headers, html=not shape.html))
    if structure is not None and not kinds >= {"text/html", "text/plain"}:
        app.say(own("This message has only HTML."))
    else:
        app.say(own("The HTML, as text" if not shape.html else "The plain text"))


async def _in_sight(app: "MailApp") -> bool:
    """Bring the cursor's message into sight; False if there is none."""
    if app.panes.lists_parts:
        leave_parts(app)
    if await app.reading.current() is None:
        return False
    if not app.panes.shows_message:
        app.panes.enter("message")
    return True
