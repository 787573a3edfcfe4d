"""The tree of a message's parts (RFC 2045, RFC 9051 BODYSTRUCTURE)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import PartId


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One part, with its children if it is a multipart or an opened message."""

    part_id: PartId
    type: str
    """Lower case, ``text/plain``; displayable ASCII."""
    charset: str = ""
    encoding: str = "7bit"
    """Content-Transfer-Encoding, lower case."""
    size: int = 0
    """Octets as they are encoded."""
    filename: Displayable = Displayable("")
    disposition: str = ""
    """``inline``, ``attachment`` or empty."""
    content_id: str = ""
    format_flowed: bool = False
    delsp: bool = False
    boundary_broken: bool = False
    """The multipart did not end as it should: what is shown may not be all."""
    children: tuple["BodyPart", ...] = field(default=())

    @property
    def is_multipart(self) -> bool:
        """Whether it only holds other parts."""
        return self.type.startswith("multipart/")

    @property
    def is_attachment(self) -> bool:
        """Whether a person would call it an attachment."""
        if self.is_multipart:
            return False
        if self.disposition == "attachment":
            return True
        if self.filename and not self.content_id:
            return True
        return not self.type.startswith(("text/", "image/")) and not self.children

    def walk(self) -> Iterator["BodyPart"]:
        """Yield this part and all below it in document order."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack.extend(reversed(part.children))
