"""Which keys mean which command: a profile, with the person's own keys over it."""

import difflib
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from tui_mail.config.settings import Settings
from tui_mail.model.error import SettingsError
from tui_mail.ui.commands import BY_ID, Command, Place
from tui_mail.ui.key_names import canonical

Keys = tuple[str, ...]
_NOWHERE: Mapping[str, str] = MappingProxyType({})

PROFILES: Mapping[str, Mapping[str, Keys]] = {
    "default": {},
    "mutt": {
        "message.tag": ("y",),
        "message.copy-text": (),
        "list.mark": ("t", "x"),
        "list.mark-query": ("T", "X"),
        "list.threads": (),
        "message.toggle-seen": ("N", "U"),
        "search.previous": (),
        "list.next-unread": ("Tab", "."),
        "pane.next": (),
        "list.first": ("=", "Home"),
        "list.last": ("*", "End", "G"),
        "message.toggle-flagged": ("F",),
        "go.inbox": ("c i",),
        "go.sent": ("c s",),
        "go.drafts": ("c d",),
        "go.archive": ("c a",),
        "go.trash": ("c t",),
        "go.mailbox": ("c f",),
        "app.online": ("c o",),
        "message.compose": ("m",),
        "message.reply-all": ("g",),
    },
    "gmail": {
        "app.back": ("u", "Esc", "q"),
        "app.undo": ("z",),
        "message.toggle-flagged": ("s", "F", "*"),
        "message.move": ("v",),
        "message.parts": (),
        "message.tag": ("l", "t"),
        "list.filter": (),
        "message.toggle-seen": (),
        "message.mark-read": ("I",),
        "message.mark-unread": ("U",),
        "message.mute": ("m",),
        "message.compose": ("c",),
        "message.snooze": ("b",),
        "message.bounce": (),
        "go.sent": ("g t", "g s"),
        "go.trash": (),
    },
}
"""What a profile changes; a command left without a key is still in the palette."""

_CLOSE: Mapping[Place, frozenset[Place]] = {
    Place.ANYWHERE: frozenset(Place),
    Place.LINES: frozenset(Place),
    Place.MAILBOXES: frozenset({Place.ANYWHERE, Place.LINES, Place.MAILBOXES}),
    Place.MAIL: frozenset(Place) - {Place.MAILBOXES},
    Place.LIST: frozenset(Place) - {Place.MAILBOXES, Place.MESSAGE},
    Place.MESSAGE: frozenset(Place) - {Place.MAILBOXES, Place.LIST},
}


def make_keymap(
    profile: str, own_keys: Mapping[str, Keys], places: Mapping[str, str] = _NOWHERE
) -> dict[str, Keys]:
    """Give the keys of every command.

    ``places`` says where in the settings each of the person's own keys stands.

    Raises:
        SettingsError: an unknown profile or command, or two commands with one key.
    """
    if profile not in PROFILES:
        raise SettingsError(
            f"ui.keys: no profile {profile!r}; " + _nearest(profile, PROFILES)
        )
    for name in own_keys:
        if name not in BY_ID:
            place = places.get(name, f"keys.{name}")
            raise SettingsError(f"{place}: no such command; {_nearest(name, BY_ID)}")
    changed = dict(PROFILES[profile])
    for name, keys in own_keys.items():
        changed[name] = _keys(keys, places.get(name, f"keys.{name}"))
    keymap = {c.id: tuple(changed.get(c.id, c.keys)) for c in BY_ID.values()}
    for clash, first, second in _clashes(keymap):
        mine = next((each for each in (first, second) if each in own_keys), first)
        raise SettingsError(f"{places.get(mine, f'keys.{mine}')}: {clash}")
    return keymap


def keymap_of(settings: Settings) -> dict[str, Keys]:
    """Give the keys that the settings ask for; raises SettingsError."""
    return make_keymap(settings.ui.keys, settings.keys, settings.key_places)


def _keys(written: Keys, place: str) -> Keys:
    keys = []
    for key in written:
        known = canonical(key)
        if known is None:
            raise SettingsError(
                f"{place}: {key!r} is no key; write it as j, Ctrl+P, F5 or g i"
            )
        keys.append(known)
    return tuple(keys)


def _nearest(word: str, words: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(word, words, 1, 0)
    return f"the nearest is {near[0]!r}"


Clash = tuple[str, str, str]
"""A sentence, and the ids of the two commands."""


def _clashes(keymap: Mapping[str, Keys]) -> Iterator[Clash]:
    claimed: dict[str, list[Command]] = {}
    for name, keys in keymap.items():
        for key in keys:
            for other in claimed.get(key, ()):
                if other.place in _CLOSE[BY_ID[name].place]:
                    said = f"{key!r} is claimed by both {other.id!r} and {name!r}"
                    yield said, other.id, name
            claimed.setdefault(key, []).append(BY_ID[name])
    for key, commands in claimed.items():
        yield from _prefixes(key, commands, claimed)


def _prefixes(
    key: str, commands: list[Command], claimed: Mapping[str, list[Command]]
) -> Iterator[Clash]:
    for longer, others in claimed.items():
        if longer.startswith(key + " "):
            for mine in commands:
                for other in others:
                    if other.place in _CLOSE[mine.place]:
                        said = (
                            f"{key!r} of {mine.id!r} begins {longer!r} of {other.id!r}"
                        )
                        yield said, mine.id, other.id
