from pathlib import Path

import pytest

from tui_mail.config.load import load_settings
from tui_mail.config.places import Places
from tui_mail.model.error import SettingsError
from tui_mail.ui.commands import BY_ID, COMMANDS, TO_COME, key_table
from tui_mail.ui.keymap import PROFILES, keymap_of, make_keymap


def test_no_two_commands_have_one_name() -> None:
    every = (*COMMANDS, *TO_COME)
    assert len({command.id for command in every}) == len(every) == len(BY_ID)
    assert {row.id for row in key_table()} <= {command.id for command in COMMANDS}


@pytest.mark.parametrize("profile", PROFILES)
def test_no_profile_has_a_clash(profile: str) -> None:
    assert make_keymap(profile, {})["message.archive"] == ("e",)


def test_a_clash_names_both_commands() -> None:
    with pytest.raises(SettingsError, match=r"message\.archive.*message\.trash"):
        make_keymap("default", {"message.archive": ("d",)})


def test_a_key_that_begins_a_sequence_is_a_clash() -> None:
    with pytest.raises(SettingsError, match="begins"):
        make_keymap("default", {"message.archive": ("g",)})


def test_one_key_may_mean_two_things_in_two_places() -> None:
    keymap = make_keymap("default", {"message.html": ("o",)})
    assert keymap["message.html"] == keymap["list.sort"] == ("o",)


def test_an_unknown_command_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"nearest is 'message\.archive'"):
        make_keymap("default", {"message.archiv": ("e",)})


@pytest.mark.parametrize(
    ("profile", "key", "command"),
    [
        ("mutt", "m", "message.compose"),
        ("mutt", "g", "message.reply-all"),
        ("mutt", "c i", "go.inbox"),
        ("mutt", "c s", "go.sent"),
        ("mutt", "c d", "go.drafts"),
        ("mutt", "c a", "go.archive"),
        ("mutt", "c t", "go.trash"),
        ("mutt", "c f", "go.mailbox"),
        ("mutt", "t", "list.mark"),
        ("mutt", "T", "list.mark-query"),
        ("mutt", "y", "message.tag"),
        ("mutt", "N", "message.toggle-seen"),
        ("mutt", "Tab", "list.next-unread"),
        ("mutt", "=", "list.first"),
        ("mutt", "*", "list.last"),
        ("gmail", "u", "app.back"),
        ("gmail", "z", "app.undo"),
        ("gmail", "s", "message.toggle-flagged"),
        ("gmail", "v", "message.move"),
        ("gmail", "l", "message.tag"),
        ("gmail", "m", "message.mute"),
        ("gmail", "b", "message.snooze"),
        ("gmail", "I", "message.mark-read"),
        ("gmail", "U", "message.mark-unread"),
        ("gmail", "g t", "go.sent"),
    ],
)
def test_the_profiles_have_the_keys_of_those_programs(
    profile: str, key: str, command: str
) -> None:
    assert key in make_keymap(profile, {})[command]


def test_a_command_that_is_still_to_come_may_have_keys_of_ones_own() -> None:
    assert make_keymap("default", {"message.reply": ("Ctrl+R",)})
    with pytest.raises(SettingsError, match=r"message\.archive.*message\.reply"):
        make_keymap("default", {"message.archive": ("r",)})


def test_a_mistake_names_the_file_and_the_line(tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path, tmp_path, tmp_path)
    path = tmp_path / "config.toml"
    for line, said in {
        '"message.archiv" = ["F6"]': "no such command; the nearest is 'message.archive'",
        '"message.archive" = ["d"]': "'d' is claimed by both",
        '"message.trash" = ["e"]': "'e' is claimed by both",
        '"message.move" = ["g"]': "'g' of 'message.move' begins",
        '"message.move" = ["Foo"]': "'Foo' is no key",
    }.items():
        path.write_text(f'[ui]\nsort = "date"\n[keys]\n{line}\n')
        name = line.split('"')[1]
        with pytest.raises(SettingsError) as raised:
            keymap_of(load_settings(path, places))
        assert raised.value.line.startswith(f"{path}, line 4: keys.{name}: {said}")
