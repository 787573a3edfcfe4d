"""The render child of an engine: it reads whole messages for the store too.

Run as ``python -P -m tui_mail.sync.reading_child`` with pipes as its input and output.
"""

from datetime import datetime

from tui_mail.mime import render_child
from tui_mail.mime.frames import Json
from tui_mail.mime.readable import make_readable
from tui_mail.sync.reading import (
    Ready,
    came_now,
    made_ready,
    pack_ready,
    unpack_messages,
)


def answer(head: Json, octets: bytes) -> tuple[Json, bytes]:
    """Do one job: many whole messages, or what any render child does."""
    if "sizes" not in head:
        return render_child.answer(head, octets)
    messages, now = unpack_messages(head, octets)
    return pack_ready([_read(one, now) for one in messages])


def _read(octets: bytes, now: datetime) -> Ready | None:
    """Read one message; None where that is more than can be borne."""
    try:
        headers, structure, parts = render_child.message_parts(octets, "plain")
        message = came_now(headers, len(octets), now)
        text = make_readable(message.envelope, structure, parts)
        return made_ready(message, structure, text)
    except render_child.UNBEARABLE:
        return None


if __name__ == "__main__":
    raise SystemExit(render_child.main(answer))
