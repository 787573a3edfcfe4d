"""Keys to commands: sequences, places, split and pasted keys."""

from collections.abc import Sequence

import pytest
from textual import events
from textual.message import Message

from tui_mail.ui.actions import function_of
from tui_mail.ui.commands import COMMANDS, Command
from tui_mail.ui.dispatch import Begun, Dispatcher, Found, Unknown
from tui_mail.ui.key_names import canonical, name_of
from tui_mail.ui.keymap import make_keymap
from tui_mail.ui.look import install_key_parser
from tui_mail.ui.split_keys import KeyParser, SplitKeys, unfolded


def dispatcher(profile: str = "default") -> Dispatcher:
    return Dispatcher(make_keymap(profile, {}))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each.id)
def test_every_command_has_a_function_that_says_what_it_does(command: Command) -> None:
    assert function_of(command).__doc__


def test_a_sequence_is_begun_and_ended() -> None:
    keys = dispatcher()
    begun = keys.feed("g", "list")
    assert isinstance(begun, Begun)
    assert {"i", "s", "d", "a", "t", "f", "o", "g"} == {
        key for key, _ in begun.following
    }
    found = keys.feed("i", "list")
    assert isinstance(found, Found)
    assert (found.command.id, found.keys) == ("go.inbox", "g i")
    assert not keys.begun


def test_a_key_that_does_not_follow_ends_the_sequence_and_does_nothing() -> None:
    keys = dispatcher()
    keys.feed("g", "list")
    assert isinstance(keys.feed("e", "list"), Unknown)
    after = keys.feed("e", "list")
    assert isinstance(after, Found)
    assert after.command.id == "message.archive"


def test_esc_gives_a_sequence_up_and_does_nothing_else() -> None:
    keys = dispatcher()
    keys.feed("g", "list")
    assert isinstance(keys.feed("Esc", "list"), Unknown)
    found = keys.feed("Esc", "list")
    assert isinstance(found, Found)
    assert found.command.id == "app.back"


def test_message_keys_mean_nothing_among_the_mailboxes() -> None:
    keys = dispatcher()
    for key in "edsF*U!tvwJKx":
        assert isinstance(keys.feed(key, "mailboxes"), Unknown), key
    for key in ("j", "Down", "Enter", "Home", "G", "Left", "q", "u"):
        assert isinstance(keys.feed(key, "mailboxes"), Found), key


def test_one_key_may_mean_two_things_in_two_panes() -> None:
    keys = dispatcher()
    assert isinstance(keys.feed("o", "message"), Unknown)
    assert isinstance(keys.feed("o", "list"), Found)
    assert isinstance(keys.feed("]", "list"), Unknown)
    assert isinstance(keys.feed("]", "message"), Found)


def test_profiles_change_keys() -> None:
    found = dispatcher("mutt").feed("Tab", "list")
    assert isinstance(found, Found)
    assert found.command.id == "list.next-unread"
    found = dispatcher("gmail").feed("u", "list")
    assert isinstance(found, Found)
    assert found.command.id == "app.back"


@pytest.mark.parametrize(
    ("key", "character", "name"),
    [
        ("j", "j", "j"),
        ("J", "J", "J"),
        ("exclamation_mark", "!", "!"),
        ("escape", "\x1b", "Esc"),
        ("enter", "\r", "Enter"),
        ("space", " ", "Space"),
        ("ctrl+p", "\x10", "Ctrl+P"),
        ("ctrl+q", None, "Ctrl+Q"),
        ("shift+tab", None, "Shift+Tab"),
        ("f5", None, "F5"),
        ("pagedown", None, "PageDown"),
        ("left", None, "Left"),
    ],
)
def test_keys_have_the_names_that_people_write(
    key: str, character: str | None, name: str
) -> None:
    assert name_of(events.Key(key, character)) == name
    assert canonical(name.lower() if len(name) > 1 else name) == name


def test_what_is_no_key_has_no_name() -> None:
    assert canonical("foo") is None
    assert canonical("") is None
    assert canonical("Hyper+j") is None
    assert canonical("g  i") == "g i"


# Split sequences


def key(character: str) -> events.Key:
    return events.Key("escape" if character == "\x1b" else character, character)


def fed(split: SplitKeys, texts: Sequence[tuple[str, float]]) -> list[Message]:
    return [
        out
        for text, now in texts
        for character in text
        for out in split.feed(key(character), now)
    ]


def names(messages: Sequence[Message]) -> list[str]:
    return [each.key for each in messages if isinstance(each, events.Key)]


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        ("[B", "down"),
        ("OP", "f1"),
        ("[15~", "f5"),
        ("[1;5A", "ctrl+up"),
        ("[H", "home"),
    ],
)
def test_what_follows_a_lone_esc_is_put_together(rest: str, name: str) -> None:
    split = SplitKeys()
    parts = [("\x1b", 0.0), *((each, 0.2) for each in rest)]
    assert names(fed(split, parts)) == ["escape", name]
    assert not split.waits


def test_after_half_a_second_a_bracket_is_a_bracket() -> None:
    split = SplitKeys()
    assert names(fed(split, [("\x1b", 0.0), ("[", 0.6), ("j", 0.7)])) == [
        *("escape", "[", "j")
    ]


def test_a_bracket_after_which_nothing_comes_is_a_bracket() -> None:
    split = SplitKeys()
    assert names(fed(split, [("\x1b", 0.0), ("[", 0.1)])) == ["escape"]
    assert split.waits
    assert names(split.expire()) == ["["]


def test_a_sequence_that_never_ends_is_not_taken_for_letters() -> None:
    split = SplitKeys()
    fed(split, [("\x1b", 0.0), ("[1;", 0.1)])
    assert split.expire() == []


def test_an_unknown_key_after_esc_and_bracket_was_typed() -> None:
    split = SplitKeys()
    assert names(fed(split, [("\x1b", 0.0), ("[j", 0.1)])) == ["escape", "[", "j"]


def test_a_split_mouse_report_types_nothing() -> None:
    split = SplitKeys()
    out = fed(split, [("\x1b", 0.0), ("[<0;10;10M", 0.1)])
    assert names(out) == ["escape"]
    assert len(out) == 2


def test_a_paste_whose_beginning_was_split_is_a_paste() -> None:
    split = SplitKeys()
    out = fed(split, [("\x1b", 0.0), ("[200~", 0.1), ("dde", 0.2)])
    assert names(out) == ["escape"]
    [paste] = split.expire()
    assert isinstance(paste, events.Paste)
    assert paste.text == "dde"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1bj", ["escape", "j"]),
        ("\x1b/", ["escape", "slash"]),
        ("\x1b\r", ["escape", "enter"]),
        ("\x1bJ", ["escape", "J"]),
        ("\x1bd\x1b[A", ["escape", "d", "up"]),
        ("\x1bf", ["escape", "f"]),
        ("\x1b2", ["escape", "2"]),
        ("\x1b[B", ["down"]),
    ],
)
def test_alt_and_a_key_are_esc_and_the_key(text: str, expected: list[str]) -> None:
    assert names(typed(text)) == expected


def typed(text: str, *bound: str) -> list[Message]:
    """Read what a terminal sends at once, where these keys have commands."""
    parser = KeyParser()
    out = [*parser.feed(text)]
    if parser._timeout_time is not None:
        parser._timeout_time = 0
        out += parser.tick()
    return [
        each
        for message in out
        for each in unfolded(message, typing=False, bound=bound.__contains__)
    ]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Alt+E", "\x1be"),
        ("Alt+Shift+E", "\x1bE"),
        ("Alt+/", "\x1b/"),
        ("Alt+Enter", "\x1b\r"),
        ("Alt+F", "\x1bf"),
        ("Alt+1", "\x1b1"),
    ],
)
def test_alt_and_a_key_may_be_bound(written: str, sent: str) -> None:
    assert canonical(written) == written
    keys = Dispatcher(make_keymap("default", {"message.archive": (written,)}))
    assert keys.knows(written)
    [pressed] = typed(sent, written)
    assert isinstance(pressed, events.Key)
    found = keys.feed(name_of(pressed), "list")
    assert isinstance(found, Found)
    assert found.command.id == "message.archive"


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_nothing_in_a_pasted_text_is_a_key(size: int) -> None:
    text = "a\x1b[31mD\x1b[A \x1b]0;title\x07y\x1bO\r\n\x1b\x1b[20"
    sent = f"\x1b[200~{text}\x1b[201~j"
    head, rest = sent[:6], sent[6:]
    parts = [head, *(rest[at : at + size] for at in range(0, len(rest), size))]
    parser = KeyParser()
    pasted, key = [event for part in parts for event in parser.feed(part)]
    assert isinstance(pasted, events.Paste)
    assert pasted.text == text
    assert names([key]) == ["j"]


def test_in_a_text_field_alt_and_a_letter_may_mean_words() -> None:
    [word] = unfolded(events.Key("alt+f", None), typing=True, bound=lambda _: True)
    assert isinstance(word, events.Key)
    assert word.key == "ctrl+right"


def test_textual_still_reads_keys_by_the_parser_that_is_replaced() -> None:
    from textual._xterm_parser import XTermParser
    from textual.drivers import linux_driver

    before = vars(linux_driver)["XTermParser"]
    assert issubclass(before, XTermParser)
    install_key_parser()
    try:
        assert vars(linux_driver)["XTermParser"] is KeyParser
    finally:
        vars(linux_driver)["XTermParser"] = before
