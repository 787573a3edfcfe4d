"""The tree of a message's parts (RFC 2045, RFC 9051 BODYSTRUCTURE)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tui_mail.model.displayable import Displayable
from tui_mail.model.ids import PartId

_MACHINERY = frozenset(
    {
        "application/pgp-encrypted",
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "message/delivery-status",
        "message/disposition-notification",
    }
)
"""Parts that programs read: neither text nor attachment to a person."""


@dataclass(frozen=True, slots=True)
class BodyPart:
    """One part, with its children if it is a multipart or an attached message.

    An attached message has one child, its body. Where that is a multipart it has the
    number of the message followed by ``.TEXT`` (``2.TEXT``), and its parts are ``2.1``,
    ``2.2``; where it is not it is ``2.1``. The multipart that a whole message is has the
    number ``""``, a message of one part has its part ``1`` as the root.
    """

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
    def decoded_size(self) -> int:
        """About how many octets it has once its base64, in lines of 76, is undone."""
        if self.encoding != "base64":
            return self.size
        return self.size // 78 * 57 + self.size % 78 * 3 // 4

    @property
    def is_attachment(self) -> bool:
        """Whether a person would call it an attachment."""
        if self.is_multipart or self.type in _MACHINERY:
            return False
        if self.disposition == "attachment":
            return True
        if self.content_id and self.type.startswith("image/"):
            return False
        return bool(self.filename) or not self.type.startswith("text/")

    def walk(self) -> Iterator["BodyPart"]:
        """Yield this part and all below it in document order."""
        stack = [self]
        while stack:
            part = stack.pop()
            yield part
            stack.extend(reversed(part.children))
