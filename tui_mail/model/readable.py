"""The readable text of a message, as the renderer made it and the viewer shows it."""

from dataclasses import dataclass

from tui_mail.model.displayable import Displayable


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the text: what it shows and where it goes."""

    text: Displayable
    url: Displayable


@dataclass(frozen=True, slots=True)
class ReadableText:
    r"""What a person reads of a message.

    ``text`` has its lines ended by ``\n``; the links are named in it as ``[1]``,
    ``[2]`` in the order of ``links``. ``kind`` is ``plain``, ``html`` or ``none``.
    """

    text: Displayable
    kind: str
    links: tuple[Link, ...] = ()
    warnings: tuple[Displayable, ...] = ()
    """Sentences without their ``!``: what is suspicious, what was left out."""
    snippet: Displayable = Displayable("")
    """The first words of what the sender wrote, at most 200 characters, one line."""
    renderer: int = 0
    """The version of the renderer that made it; an older one is made anew."""
    cut: bool = False
    """A limit was met: there is more in the message than stands here."""
