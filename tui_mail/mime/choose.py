"""Which parts a person reads, and which are attachments."""

from collections.abc import Callable

from tui_mail.model.body import BodyPart

MAX_NAMED_TEXT = 256_000
"""Octets up to which a text with a file name is shown among the words."""

_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification"})


def text_parts(structure: BodyPart, *, prefer: str = "plain") -> tuple[BodyPart, ...]:
    """Choose the parts to fetch and show; ``prefer`` is ``plain`` or ``html``."""
    if structure.type.startswith("message/") and structure.children:
        structure = structure.children[0]
    return tuple(_chosen(structure, prefer))


def attachments(structure: BodyPart) -> tuple[BodyPart, ...]:
    """List what a person would call the attachments, in document order.

    What an attached message holds is part of that attachment.
    """
    found: list[BodyPart] = []
    stack = [structure]
    while stack:
        part = stack.pop()
        if part.is_multipart:
            stack.extend(reversed(part.children))
        elif part.is_attachment:
            found.append(part)
    return tuple(found)


def _chosen(part: BodyPart, prefer: str) -> list[BodyPart]:
    if not part.is_multipart:
        return [part] if _is_shown(part) else []
    if part.type == "multipart/alternative":
        return _alternative(part, prefer)
    if part.type == "multipart/signed":
        return _chosen(part.children[0], prefer) if part.children else []
    if part.type == "multipart/related":
        for child in part.children:
            if shown := _chosen(child, prefer):
                return shown
        return []
    return [shown for child in part.children for shown in _chosen(child, prefer)]


def _is_shown(part: BodyPart) -> bool:
    if part.type in _REPORTS:
        return True
    if not part.type.startswith("text/") or part.disposition == "attachment":
        return False
    return not part.filename or part.size <= MAX_NAMED_TEXT


def _alternative(part: BodyPart, prefer: str) -> list[BodyPart]:
    choices = [_chosen(child, prefer) for child in part.children]
    plain = _first(choices, lambda one: one.type == "text/plain" and one.size > 3)
    html = _first(choices[::-1], lambda one: one.type == "text/html")
    shown = (html or plain) if prefer == "html" else (plain or html)
    if not shown:
        return next((choice for choice in reversed(choices) if choice), [])
    calendar = _first(choices, lambda one: one.type == "text/calendar")
    return shown + [one for one in calendar if one not in shown]


def _first(
    choices: list[list[BodyPart]], fits: Callable[[BodyPart], bool]
) -> list[BodyPart]:
    return next((choice for choice in choices if any(map(fits, choice))), [])
