import pytest

from tui_mail.model.error import SettingsError
from tui_mail.ui.commands import COMMANDS, key_table
from tui_mail.ui.keymap import PROFILES, make_keymap


def test_no_two_commands_have_one_name() -> None:
    assert (
        len({command.id for command in COMMANDS}) == len(COMMANDS) == len(key_table())
    )


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
