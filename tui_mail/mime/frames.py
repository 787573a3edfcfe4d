"""What goes over the pipes of the render child, as octets.

A frame is its length in four octets, then JSON's length in four, JSON, raw octets.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from tui_mail.mime.piped import LENGTH
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import PartId
from tui_mail.model.readable import Link, ReadableText

MAX_FRAME = 256_000_000

Json = dict[str, Any]

_PART = tuple(one.name for one in fields(BodyPart))
_TEXT = tuple(one.name for one in fields(ReadableText))


def pack(head: Json, octets: bytes = b"") -> bytes:
    """Write one frame."""
    text = json.dumps(head, separators=(",", ":")).encode()
    return b"".join(
        (LENGTH.pack(4 + len(text) + len(octets)), LENGTH.pack(len(text)), text, octets)
    )


def unpack(frame: bytes) -> tuple[Json, bytes]:
    """Read a frame without its own length; ValueError where it is none."""
    if len(frame) < LENGTH.size:
        raise ValueError("a frame without a head")
    (size,) = LENGTH.unpack_from(frame)
    end = LENGTH.size + size
    head = json.loads(frame[LENGTH.size : end])
    if not isinstance(head, dict):
        raise ValueError("a frame's head is an object")
    return head, frame[end:]


def structure_to_json(part: BodyPart) -> Json:
    """Write a tree of parts; ``asdict``, which copies each value, takes ten times as long."""
    told = {name: getattr(part, name) for name in _PART}
    told["children"] = [structure_to_json(one) for one in part.children]
    return told


def structure_from_json(head: Json) -> BodyPart:
    """Read a tree of parts."""
    children = tuple(structure_from_json(child) for child in head["children"])
    return BodyPart(**{**head, "children": children})


def text_to_json(text: ReadableText) -> Json:
    """Write a readable text."""
    told = {name: getattr(text, name) for name in _TEXT}
    told["links"] = [{"text": one.text, "url": one.url} for one in text.links]
    return told


def text_from_json(head: Json) -> ReadableText:
    """Read a readable text."""
    return ReadableText(
        **{
            **head,
            "links": tuple(Link(**link) for link in head["links"]),
            "warnings": tuple(Displayable(line) for line in head["warnings"]),
        }
    )


def pack_parts(
    headers: bytes, structure: BodyPart, parts: Mapping[PartId, bytes], prefer: str
) -> bytes:
    """Write the request to render parts."""
    head = {
        "structure": structure_to_json(structure),
        "prefer": prefer,
        "headers": len(headers),
        "parts": [[part_id, len(octets)] for part_id, octets in parts.items()],
    }
    return pack(head, b"".join((headers, *parts.values())))


def unpack_parts(
    head: Json, octets: bytes
) -> tuple[bytes, BodyPart, dict[PartId, bytes]]:
    """Read the request to render parts."""
    position = int(head["headers"])
    headers = octets[:position]
    parts = {}
    for part_id, size in head["parts"]:
        parts[PartId(part_id)] = octets[position : position + size]
        position += size
    return headers, structure_from_json(head["structure"]), parts
