"""A message to be shown, and the one that comes out of a file."""

import re
from abc import ABC, abstractmethod
from functools import cached_property

from tui_mail.mime.authentication import Authentication
from tui_mail.mime.headers import all_fields, parse_envelope
from tui_mail.mime.parse import cut_part, decode_part
from tui_mail.mime.render import Renderer
from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import PartId
from tui_mail.model.message import Envelope
from tui_mail.model.readable import ReadableText

_HEADER_END = re.compile(rb"\r?\n\r?\n")


class Shown(ABC):
    """A message of whatever origin."""

    id: str | None = None
    account_name: str | None = None
    mailbox_name: str | None = None

    @abstractmethod
    def whole(self) -> bytes:
        """Give the exact octets."""

    @abstractmethod
    def headers(self) -> bytes:
        """Give the header block."""

    @abstractmethod
    def structure(self) -> BodyPart:
        """Give the tree of parts."""

    @abstractmethod
    def encoded(self, part: BodyPart) -> bytes:
        """Give a part as it was sent."""

    @abstractmethod
    def readable(self) -> ReadableText:
        """Give the readable text."""

    @abstractmethod
    def downloaded(self, part: PartId) -> bool:
        """Tell whether a part is here."""

    def authentication(self) -> Authentication | None:
        """Give the own server's word on the sender; a file has no server."""
        return None

    def part(self, part: BodyPart) -> bytes:
        """Give a part, decoded."""
        return decode_part(part, self.encoded(part))

    def fields(self) -> list[tuple[Displayable, Displayable]]:
        """Give all header fields in their order."""
        return all_fields(self.headers())

    def envelope(self) -> Envelope:
        """Give what the header says."""
        return parse_envelope(self.headers())


class FileMessage(Shown):
    """A message out of a file or stdin; everything is here."""

    def __init__(self, octets: bytes, renderer: Renderer) -> None:
        self._octets = octets
        self._renderer = renderer

    @cached_property
    def _rendered(self) -> tuple[BodyPart, ReadableText]:
        return self._renderer.render_octets(self._octets, prefer="plain")

    def whole(self) -> bytes:
        """Give the exact octets."""
        return self._octets

    def headers(self) -> bytes:
        """Give the header block."""
        match = _HEADER_END.search(self._octets)
        return self._octets[: match.end()] if match else self._octets

    def structure(self) -> BodyPart:
        """Give the tree of parts."""
        return self._rendered[0]

    def encoded(self, part: BodyPart) -> bytes:
        """Give a part as it was sent."""
        return cut_part(self._octets, part.part_id) or b""

    def readable(self) -> ReadableText:
        """Give the readable text."""
        return self._rendered[1]

    def downloaded(self, part: PartId) -> bool:  # noqa: ARG002 - all is here
        """Tell whether a part is here."""
        return True
