"""A question with a few answers, each a key."""

from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_mail.model.displayable import Displayable, displayable
from tui_mail.ui.cells import width_of, wrap_points
from tui_mail.ui.key_names import name_of
from tui_mail.ui.screens.asking import Asking
from tui_mail.ui.widgets.drawing import line_of

_ROWS = 6
"""A question is not longer than this many lines."""


class Confirm(Asking[str]):
    """One line at the bottom; it gives the key of the answer.

    A key is written as people do: ``y``, ``Enter``; several for one answer have a
    space between them, and the first is given. ``Esc`` always gives None: unless it
    has an answer of its own it is called "no".
    """

    def __init__(self, question: str, answers: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        said = [(key, displayable(word)) for key, word in answers]
        if not any("Esc" in key.split() for key, _ in said):
            said.append(("Esc", displayable("no")))
        self._keys = {
            each: key.split()[0]
            for key, _ in said
            for each in key.split()
            if each != "Esc"
        }
        self._line = QuestionLine(displayable(question), said)

    def compose(self) -> ComposeResult:
        """Show the question."""
        yield self._line

    def on_key(self, event: events.Key) -> None:
        """Take a key that is an answer; others do nothing."""
        event.stop()
        pressed = name_of(event)
        answer = self._keys.get(pressed) or self._keys.get(pressed.lower())
        if answer is not None:
            self.dismiss(answer)

    def on_question_line_answered(self, event: "QuestionLine.Answered") -> None:
        """Take the answer that was clicked."""
        event.stop()
        self.dismiss(self._keys.get(event.key.split()[0]))


class QuestionLine(Widget):
    """The question and its answers, in one row if they fit, else the answers below."""

    class Answered(Message):
        """An answer was clicked."""

        def __init__(self, key: str) -> None:
            self.key = key
            super().__init__()

    DEFAULT_CSS = """
    QuestionLine {
        height: auto;
        background: $panel;
        color: $foreground;
        & > .question--text { text-style: bold; }
        & > .question--key { color: $accent; text-style: bold; }
        & > .question--word { color: $foreground-muted; }
        &:ansi { background: ansi_default; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "question--text",
        "question--key",
        "question--word",
    }

    def __init__(
        self, question: Displayable, answers: Sequence[tuple[str, Displayable]]
    ) -> None:
        super().__init__()
        self._question = question
        self._answers = answers

    def rows(self, width: int) -> list[list[tuple[str, str, str]]]:
        """Lay out: rows of pieces (text, its look, the key of the answer or nothing)."""
        answers = [
            [(key, "key", key), (f" {word}", "word", key), ("  ", "word", "")]
            for key, word in self._answers
        ]
        flat = [piece for answer in answers for piece in answer]
        needed = sum(width_of(text) for text, _, _ in flat)
        if width_of(self._question) + needed + 3 <= width:
            return [[(f" {self._question}  ", "text", ""), *flat]]
        question = [
            [(f" {self._question[start:end]}", "text", "")]
            for start, end in wrap_points(self._question, max(2, width - 2))[:_ROWS]
        ]
        return question + _wrapped(answers, width)

    def get_content_height(
        self,
        container: Size,  # noqa: ARG002
        viewport: Size,  # noqa: ARG002
        width: int,
    ) -> int:
        """Take as many rows as it needs."""
        return len(self.rows(width))

    def render_line(self, y: int) -> Strip:
        """Draw a row."""
        rows = self.rows(self.size.width)
        pieces = rows[y] if y < len(rows) else []
        styles: dict[str, Style] = {
            look: self.get_component_rich_style(f"question--{look}")
            for look in ("text", "key", "word")
        }
        return line_of(
            [(text, styles[look]) for text, look, _ in pieces],
            self.size.width,
            self.rich_style,
        )

    def on_click(self, event: events.Click) -> None:
        """Take the answer under the mouse."""
        rows = self.rows(self.size.width)
        x = 0
        for text, _, key in rows[event.y] if event.y < len(rows) else []:
            x += width_of(text)
            if event.x < x:
                if key:
                    self.post_message(self.Answered(key))
                return


def _wrapped(
    answers: Sequence[list[tuple[str, str, str]]], width: int
) -> list[list[tuple[str, str, str]]]:
    rows: list[list[tuple[str, str, str]]] = []
    room = 0
    for answer in answers:
        needed = sum(width_of(text) for text, _, _ in answer)
        if not rows or needed > room:
            rows.append([(" ", "word", "")])
            room = width - 1
        rows[-1] += answer
        room -= needed
    return rows
