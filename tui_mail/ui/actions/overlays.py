"""The screens that lie over the panes: palette, keys, operations, set-up."""

from typing import TYPE_CHECKING

from tui_mail.config.load import load_settings
from tui_mail.model.displayable import own
from tui_mail.ui.commands import BY_ID, COMMANDS
from tui_mail.ui.dispatch import works_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from tui_mail.store.database import Transaction
    from tui_mail.ui.app import MailApp
    from tui_mail.ui.screens.palette import PaletteRow
    from tui_mail.ui.wishes import Written

_NO_KEYRING = (
    "No keyring here: the password is asked for at each start, or set password_command."
)
_PANE_NAMES = {
    "mailboxes": "among the mailboxes",
    "list": "in the list",
    "message": "in the message",
}


def _rows(app: "MailApp") -> list["PaletteRow"]:
    from tui_mail.ui.screens.palette import PaletteRow

    pane = app.panes.pane
    keymap = app.keymap_of_commands
    return [
        PaletteRow(command, keymap[command.id], works_in(command, pane))
        for command in COMMANDS
    ]


async def palette(app: "MailApp") -> None:
    """Find a command by its words and carry it out."""
    from tui_mail.ui.screens.palette import Palette

    chosen = await app.ask(Palette(_rows(app)))
    if isinstance(chosen, str):
        app.pressed = ""
        app.do(BY_ID[chosen])


async def keys(app: "MailApp") -> None:
    """Show the keys that work here."""
    from tui_mail.ui.screens.help import Help

    await app.ask(Help(_rows(app), title=f"Keys {_PANE_NAMES[app.panes.pane]}"))


async def operations(app: "MailApp") -> None:
    """Show what waits for the servers, and what was done."""
    from tui_mail.link.messages import Wake
    from tui_mail.ui.actions.undoing import write_on
    from tui_mail.ui.screens.operations import Operations

    async def change(
        account: str, function: "Callable[[Transaction], Written]", /
    ) -> "Written":
        app.wishes.refuse_if_read_only(only_flags=True)
        written = await app.wishes.write(account, function)
        app.engines.send(account, Wake())
        await app.wishes.carry_on(account)
        return written

    databases = {name: app.accounts.database(name) for name in app.accounts.in_order()}
    screen = Operations(
        databases, clock=app.real_time, change=change, session=app.session
    )
    app.operations = screen
    try:
        back = await app.ask(screen)
    finally:
        app.operations = None
    if back is not None:
        await write_on(app, back.account, back.writing)


async def set_up(app: "MailApp") -> None:
    """Set an account up, and open it; leave if none is wanted."""
    from tui_mail.ui.screens.setup import SetUp
    from tui_mail.ui.trying import try_login

    test = None if app.offline else try_login
    made = await app.ask(SetUp(app.places, app.settings, test=test))
    if made is None:
        app.exit(0)
        return
    app.take_settings(load_settings(app.settings.path, app.places))
    if made.password:
        app.servers.keep_password(made.name, made.password)
    await app.open_accounts()
    if app.offline:
        app.say(own(f"{made.name} is saved; its mail comes when you go online."))
    elif made.password:
        app.say(own(f"{made.name} is set up. {_NO_KEYRING}"))
    else:
        app.say(own(f"{made.name} is set up, its password is in the keyring."))
