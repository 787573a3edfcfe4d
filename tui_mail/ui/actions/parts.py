"""The parts of a message: listed, shown one after the other."""

from typing import TYPE_CHECKING

from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import own
from tui_mail.model.ids import PartId
from tui_mail.ui.loading import Shape

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


async def list_parts(app: "MailApp") -> None:
    """List the parts in the message's place; again, or Esc, shows the message."""
    if app.panes.lists_parts:
        leave_parts(app)
        return
    loaded = await app.reading.current()
    if loaded is None:
        return
    content = loaded.content
    app.panes.parts.show(
        content.structure, content.downloaded, chosen=app.reading.shape.part
    )
    app.panes.parts_left_to = app.panes.pane
    app.panes.list_parts(listed=True)
    app.panes.enter("message")
    app.say_hints()


def leave_parts(app: "MailApp") -> None:
    """Show the message again, the focus where it was before."""
    app.panes.list_parts(listed=False)
    app.panes.enter(app.panes.parts_left_to)
    app.say_hints()


async def show_part(app: "MailApp", part: BodyPart) -> None:
    """Show one part in the message's place."""
    app.panes.list_parts(listed=False)
    app.panes.enter("message")
    app.say_hints()
    await app.reading.reshape(Shape(part=part.part_id))


async def following(app: "MailApp") -> None:
    """Show the next part; after the last the whole message."""
    await _step(app, 1)


async def previous(app: "MailApp") -> None:
    """Show the part before; before the first the whole message."""
    await _step(app, -1)


async def _step(app: "MailApp", step: int) -> None:
    loaded = await app.reading.current()
    structure = loaded.content.structure if loaded is not None else None
    if structure is None:
        app.say(own("The parts of this message are not known yet."))
        return
    leaves = [part.part_id for part in structure.walk() if not part.children]
    stops: list[PartId | None] = [None, *leaves]
    now = app.reading.shape.part
    place = stops.index(now) if now in stops else 0
    wanted = stops[(place + step) % len(stops)]
    await app.reading.reshape(Shape(part=wanted))
    for part in structure.walk():
        if wanted is not None and part.part_id == wanted:
            name = f" {part.filename}" if part.filename else ""
            app.say(own(f"Part {wanted} of {len(leaves)}: {part.type}{name}"))
    if wanted is None:
        app.say(own("The whole message"))
