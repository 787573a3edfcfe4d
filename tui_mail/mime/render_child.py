"""The process that parses what others wrote: limited, without a network, replaceable.

Run as ``python -P -m tui_mail.mime.render_child`` with pipes as its input and output.
"""

import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tui_mail.mime.choose import text_parts
from tui_mail.mime.frames import (
    MAX_FRAME,
    Json,
    pack,
    structure_to_json,
    text_to_json,
    unpack,
    unpack_parts,
)
from tui_mail.mime.headers import parse_envelope
from tui_mail.mime.html_text import html_to_text
from tui_mail.mime.limits import limit
from tui_mail.mime.parse import parse_spans
from tui_mail.mime.piped import LENGTH
from tui_mail.mime.readable import make_readable
from tui_mail.model.body import BodyPart
from tui_mail.model.ids import WHOLE, PartId

Job = Callable[[Json, bytes], tuple[Json, bytes]]
UNBEARABLE = (MemoryError, RecursionError, ValueError)
"""What a message that is made for it can lead to."""


def message_parts(
    octets: bytes, prefer: str
) -> tuple[bytes, BodyPart, dict[PartId, bytes]]:
    """Cut a whole message into its headers and the parts that are read."""
    structure, spans = parse_spans(octets)
    top = spans.get(WHOLE) or spans[PartId("1")]
    parts = {}
    for wish in dict.fromkeys((prefer, "plain", "html")):
        for part in text_parts(structure, prefer=wish):
            span = spans[part.part_id]
            parts[part.part_id] = octets[span.body : span.end]
        if parts:
            break
    return octets[top.header : top.body], structure, parts


def answer(head: Json, octets: bytes) -> tuple[Json, bytes]:
    """Do one job, given as a frame's head and octets; its answer is the same."""
    prefer = str(head["prefer"])
    made: Json = {}
    if "structure" in head:
        headers, structure, parts = unpack_parts(head, octets)
    else:
        headers, structure, parts = message_parts(octets, prefer)
        made["structure"] = structure_to_json(structure)
    text = make_readable(parse_envelope(headers), structure, parts, prefer=prefer)
    made["text"] = text_to_json(text)
    return made, b""


def _spent() -> Json:
    """Say how worn this process is."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": usage.ru_utime + usage.ru_stime, "memory": _resident(usage)}


def _resident(usage: resource.struct_rusage) -> int:
    """Say how many octets of memory are in use.

    Not ``ru_maxrss`` where there is better: on Linux it begins with what the process had
    that started this one.
    """
    try:
        with Path("/proc/self/statm").open(encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return usage.ru_maxrss


def serve(source: BinaryIO, sink: BinaryIO, job: Job) -> None:
    """Answer frames until the input ends."""
    while len(length := source.read(LENGTH.size)) == LENGTH.size:
        (size,) = LENGTH.unpack(length)
        if size > MAX_FRAME:
            return
        frame = source.read(size)
        if len(frame) < size:
            return
        try:
            made, octets = job(*unpack(frame))
            told = pack({**made, **_spent()}, octets)
        except UNBEARABLE as error:
            told = pack({"error": type(error).__name__})
        sink.write(told)
        sink.flush()


def main(job: Job = answer) -> int:
    """Set the limits, say that it is ready, and serve."""
    os.closerange(3, 256)
    html_to_text("<p>warm</p>")
    limit()
    sys.stdout.buffer.write(pack({"ready": True}))
    sys.stdout.buffer.flush()
    serve(sys.stdin.buffer, sys.stdout.buffer, job)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
