"""The words of a query and the columns where they stand."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from tui_mail.model.error import QueryError

_FIELD_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")


class Kind(Enum):
    """What a token is."""

    WORD = "word"
    PHRASE = "phrase"
    FIELD = "field"
    OPEN = "("
    CLOSE = ")"
    MINUS = "-"
    OR = "OR"
    AND = "AND"
    NOT = "NOT"


_OPERATORS = {"OR": Kind.OR, "AND": Kind.AND, "NOT": Kind.NOT}


@dataclass(frozen=True, slots=True)
class Token:
    """One word; ``name`` is that of a field, ``value`` is a word's, phrase's or field's."""

    kind: Kind
    column: int
    """Counted from 1."""
    value: str = ""
    name: str = ""
    value_column: int = 0
    quoted: bool = False


def tokens(text: str) -> Iterator[Token]:
    """Cut a query into tokens; raises QueryError on an unclosed quote or bracket."""
    position = 0
    while position < len(text):
        character = text[position]
        if character.isspace():
            position += 1
        elif character in "()":
            yield Token(Kind(character), position + 1)
            position += 1
        elif character == "-" and not _ends(text, position + 1):
            yield Token(Kind.MINUS, position + 1)
            position += 1
        else:
            token, position = _term(text, position)
            yield token


def _term(text: str, start: int) -> tuple[Token, int]:
    """Read a phrase, a field with its value, or a word."""
    if text[start] == '"':
        value, end = _quoted(text, start)
        return Token(Kind.PHRASE, start + 1, value, quoted=True), end
    value_start = _field_value(text, start)
    if value_start is None:
        end = _word_end(text, start)
        word = text[start:end]
        return Token(_OPERATORS.get(word, Kind.WORD), start + 1, word), end
    name = text[start : value_start - 1]
    quoted = text[value_start : value_start + 1] == '"'
    if quoted:
        value, end = _quoted(text, value_start)
    else:
        end = _word_end(text, value_start)
        value = text[value_start:end]
    return Token(Kind.FIELD, start + 1, value, name, value_start + 1, quoted), end


def _field_value(text: str, start: int) -> int | None:
    """Find where the value of a field begins; None where the term is no field.

    A colon makes a field only after lower-case letters (and the ``_`` of
    ``older_than``) and before neither a space nor ``//``.
    """
    end = start
    while end < len(text) and (
        text[end] in _FIELD_LETTERS or (text[end] == "_" and end > start)
    ):
        end += 1
    if end == start or text[end : end + 1] != ":":
        return None
    after = text[end + 1 : end + 3]
    if after[:1].isspace() or after == "//":
        return None
    return end + 1


def _quoted(text: str, start: int) -> tuple[str, int]:
    end = text.find('"', start + 1)
    if end < 0:
        raise QueryError("this quote is not closed", start + 1)
    return text[start + 1 : end], end + 1


def _word_end(text: str, start: int) -> int:
    """Find the end of a word; brackets that open and close within it belong to it."""
    open_brackets: list[int] = []
    position = start
    while position < len(text):
        character = text[position]
        if character.isspace() or character == '"':
            break
        if character == "(":
            open_brackets.append(position)
        elif character == ")":
            if not open_brackets:
                break
            open_brackets.pop()
        position += 1
    if open_brackets:
        raise QueryError("this bracket is not closed", open_brackets[-1] + 1)
    return position


def _ends(text: str, position: int) -> bool:
    return position >= len(text) or text[position].isspace() or text[position] == ")"
