"""The client of the one render child."""

from collections.abc import Mapping
from types import TracebackType

from tui_mail.model.body import BodyPart
from tui_mail.model.ids import PartId
from tui_mail.model.readable import ReadableText


class Renderer:
    """Renders messages in a child process that is killed at the deadline."""

    def render(
        self,
        headers: bytes,
        structure: BodyPart,
        parts: Mapping[PartId, bytes],
        *,
        prefer: str = "plain",
        deadline: float = 2.0,
    ) -> ReadableText:
        """Make the readable text of a message; seconds; never raises."""
        raise NotImplementedError

    def render_octets(
        self, message: bytes, *, prefer: str = "plain", deadline: float = 2.0
    ) -> tuple[BodyPart, ReadableText]:
        """Parse a whole message and make its readable text; seconds; never raises."""
        raise NotImplementedError

    def close(self) -> None:
        """End the children."""

    def __enter__(self) -> "Renderer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
