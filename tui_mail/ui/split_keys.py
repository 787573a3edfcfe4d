"""Key sequences that a slow line tore apart after their Esc are put together again."""

import re
from collections.abc import Callable, Iterable

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.message import Message

from tui_mail.ui.key_names import name_of

JOINED_WITHIN = 0.5
"""Seconds after a lone Esc in which ``[`` or ``O`` may belong to it."""
_LONGEST = 32
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)")
_HAS_PARAMETERS = re.compile(r"\x1b\[[ -?]")
_PASTE_BEGINS = "\x1b[200~"
_PASTE_ENDS = "\x1b[201~"


ESCAPE = "\x1b"
_ALT_KEYS = frozenset(
    each for each in ANSI_SEQUENCES_KEYS if len(each) == 2 and each.startswith(ESCAPE)
)
"""What Textual takes for other keys: Ctrl and an arrow, or signs of a Mac's Option key."""


class KeyParser(XTermParser):
    """Textual's parser, which tells Alt and any key from the key alone.

    Textual's own loses the Esc before keys that are no letters, and where an arrow
    follows at once. It also takes pasted text for keys from the first Esc in it on, and
    so somebody else's text could give commands.
    """

    _pasted: str | None = None

    def feed(self, data: str) -> Iterable[Message]:
        """Read what came; nothing is a key between the two ends of a paste."""
        if not data:
            yield from super().feed(data)
        while data:
            if self._pasted is None:
                keys, begins, data = data.partition(_PASTE_BEGINS)
                if keys:
                    yield from super().feed(keys)
                self._pasted = "" if begins else None
                continue
            known, self._pasted = len(self._pasted), self._pasted + data
            end = self._pasted.find(_PASTE_ENDS, max(0, known - len(_PASTE_ENDS)))
            if end < 0:
                return
            text, data = self._pasted[:end], self._pasted[end + len(_PASTE_ENDS) :]
            self._pasted = None
            yield events.Paste(text.replace("\0", ""))

    def _sequence_to_key_events(
        self, sequence: str, alt: bool = False
    ) -> Iterable[events.Key]:
        if sequence == ESCAPE:
            # Textual would make it a circumflex; the dispatcher knows it by this name.
            yield events.Key("ctrl+[", ESCAPE)
            return
        if sequence in _ALT_KEYS:
            alt, sequence = True, sequence[1]
        for key in super()._sequence_to_key_events(sequence):
            yield _with_alt(key) if alt else key


def _with_alt(key: events.Key) -> events.Key:
    shift = "shift+" if len(key.key) == 1 and key.key.isupper() else ""
    return events.Key(f"alt+{shift}{key.key.lower()}", key.character)


def unfolded(
    event: Message, *, typing: bool, bound: Callable[[str], bool]
) -> list[Message]:
    """Take Alt and a key apart where no command has it: Esc, then the key.

    That is what they are to a terminal. In a text field some mean words.
    """
    if not isinstance(event, events.Key):
        return [event]
    if event.key == "ctrl+[":
        return [events.Key("escape", ESCAPE)]
    if not event.key.startswith("alt+") or (not typing and bound(name_of(event))):
        return [event]
    last = event.key.removeprefix("alt+")
    if typing and last in ("f", "b", "backspace", "delete"):
        words = {"f": "ctrl+right", "b": "ctrl+left"}
        return [events.Key(words.get(last, event.key), None)]
    last = last.removeprefix("shift+").upper() if "shift+" in last else last
    return [
        events.Key("escape", ESCAPE),
        events.Key(last, event.character or (last if len(last) == 1 else None)),
    ]


class SplitKeys:
    """Joins what comes after a lone Esc; hands everything else on as it is.

    The Esc itself is handed on at once: a person who presses it does not wait.
    """

    def __init__(self) -> None:
        self._held: list[events.Key] = []
        self._escaped_at: float | None = None
        self._pasting = False

    @property
    def waits(self) -> bool:
        """Whether something is held back until more comes or the time is over."""
        return bool(self._held)

    def feed(self, event: Message, now: float) -> list[Message]:
        """Take an event; give those that are to be dispatched now. Seconds."""
        if not isinstance(event, events.Key):
            return [*self.expire(), event]
        if self._held:
            return self._go_on(event, now)
        escaped, self._escaped_at = self._escaped_at, None
        if event.key == "escape":
            self._escaped_at = now
        elif (
            event.character in ("[", "O")
            and escaped is not None
            and now - escaped <= JOINED_WITHIN
        ):
            self._held.append(event)
            return []
        return [event]

    def expire(self) -> list[Message]:
        """Nothing more came in time: what is held were keys, unless it was begun too well."""
        held, self._held = self._held, []
        pasting, self._pasting = self._pasting, False
        if pasting:
            return [events.Paste("".join(key.character or "" for key in held))]
        if _HAS_PARAMETERS.match(_text(held)):
            return []
        return list(held)

    def _go_on(self, event: events.Key, now: float) -> list[Message]:
        if self._pasting:
            self._held.append(event)
            return []
        if not event.character or len(event.character) != 1 or event.key == "escape":
            return [*self.expire(), *self.feed(event, now)]
        self._held.append(event)
        text = _text(self._held)
        if text == _PASTE_BEGINS:
            self._held.clear()
            self._pasting = True
            # Something has to be held for the end of it to be noticed.
            self._held.append(events.Key("paste", ""))
            return []
        if _BEGUN.fullmatch(text) and len(text) < _LONGEST:
            return []
        known = parsed(text)
        if known is None:
            return self.expire()
        self._held.clear()
        return known


def parsed(text: str) -> list[Message] | None:
    """Read a whole sequence as the terminal driver would; None if it means nothing."""
    found: list[Message] = []
    parser = KeyParser()
    for message in parser.feed(text):
        found.append(message)
    waiting = parser._timeout_time is not None
    return None if waiting or not found else found


def _text(held: list[events.Key]) -> str:
    return ESCAPE + "".join(key.character or "" for key in held)
