"""Drafts as JSON, for the row that keeps what is being written."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from tui_mail.compose.draft import Attachment, Draft, FileSource, PartSource
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError
from tui_mail.model.ids import MessageNumber, PartId

_PLAIN = tuple(
    field.name
    for field in fields(Draft)
    if field.name not in {"attachments", "references"}
)


def to_json(draft: Draft) -> str:
    """Write a draft, its attachments by where they come from."""
    told: dict[str, Any] = {name: getattr(draft, name) for name in _PLAIN}
    told["references"] = list(draft.references)
    told["attachments"] = [_attachment_to_json(one) for one in draft.attachments]
    # ASCII only: what was typed or named may hold what UTF-8 cannot.
    return json.dumps(told, ensure_ascii=True, separators=(",", ":"))


def from_json(text: str) -> Draft:
    """Read a draft; raises MailError where it is none.

    What an older version did not write is empty, what a newer one wrote besides is left.
    """
    try:
        told = json.loads(text)
        plain = {name: told[name] for name in _PLAIN if name in told}
        return Draft(
            **plain,
            references=tuple(told.get("references", ())),
            attachments=tuple(map(_attachment, told.get("attachments", ()))),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MailError("what was being written cannot be read any more") from error


def _attachment_to_json(one: Attachment) -> dict[str, Any]:
    told: dict[str, Any] = {"name": one.name, "type": one.type, "size": one.size}
    if isinstance(one.source, FileSource):
        return {**told, "path": str(one.source.path)}
    return {**told, "message": one.source.message, "part": one.source.part}


def _attachment(told: dict[str, Any]) -> Attachment:
    source: FileSource | PartSource
    if "path" in told:
        source = FileSource(Path(told["path"]))
    else:
        source = PartSource(
            MessageNumber(int(told["message"])), PartId(str(told["part"]))
        )
    return Attachment(
        name=displayable(told["name"]),
        type=str(told["type"]),
        size=int(told["size"]),
        source=source,
    )
