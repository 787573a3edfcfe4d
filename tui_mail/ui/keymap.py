"""Which keys mean which command: a profile, with the person's own keys over it."""

import difflib
from collections.abc import Mapping

from tui_mail.model.error import SettingsError
from tui_mail.ui.commands import BY_ID, Command, Place
from tui_mail.ui.key_names import canonical

Keys = tuple[str, ...]

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


def make_keymap(profile: str, own_keys: Mapping[str, Keys]) -> dict[str, Keys]:
    """Give the keys of every command.

    Raises:
        SettingsError: an unknown profile or command, or two commands with one key.
    """
    if profile not in PROFILES:
        raise SettingsError(
            f"ui.keys: no profile {profile!r}; " + _nearest(profile, PROFILES)
        )
    for name in own_keys:
        if name not in BY_ID:
            raise SettingsError(f"keys: no command {name!r}; " + _nearest(name, BY_ID))
    changed = {
        **PROFILES[profile],
        **{name: _keys(name, keys) for name, keys in own_keys.items()},
    }
    keymap = {c.id: tuple(changed.get(c.id, c.keys)) for c in BY_ID.values()}
    _refuse_clashes(keymap)
    return keymap


def _keys(name: str, written: Keys) -> Keys:
    keys = []
    for key in written:
        known = canonical(key)
        if known is None:
            raise SettingsError(
                f"keys: {key!r} of {name!r} is no key; write it as j, Ctrl+P, F5 or g i"
            )
        keys.append(known)
    return tuple(keys)


def _nearest(word: str, words: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(word, words, 1, 0)
    return f"nearest is {near[0]!r}"


def _refuse_clashes(keymap: Mapping[str, Keys]) -> None:
    claimed: dict[str, list[Command]] = {}
    for name, keys in keymap.items():
        for key in keys:
            for other in claimed.get(key, ()):
                if other.place in _CLOSE[BY_ID[name].place]:
                    raise SettingsError(
                        f"keys: {key!r} is claimed by both {other.id!r} and {name!r}"
                    )
            claimed.setdefault(key, []).append(BY_ID[name])
    for key, commands in claimed.items():
        _refuse_prefix(key, commands, claimed)


def _refuse_prefix(
    key: str, commands: list[Command], claimed: Mapping[str, list[Command]]
) -> None:
    for longer, others in claimed.items():
        if longer.startswith(key + " "):
            for mine in commands:
                for other in others:
                    if other.place in _CLOSE[mine.place]:
                        raise SettingsError(
                            f"keys: {key!r} of {mine.id!r} begins {longer!r} of {other.id!r}"
                        )
