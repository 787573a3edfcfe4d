"""A new account: an address, a name, a password, and servers where they are not known."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker

from tui_mail.config.accounts import PORTS
from tui_mail.config.load import load_settings
from tui_mail.config.places import Places
from tui_mail.config.settings import Account, Security, Settings
from tui_mail.config.writing import add_account
from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.model.error import SettingsError
from tui_mail.ui.screens import new_account
from tui_mail.ui.screens.confirm import Confirm
from tui_mail.ui.screens.fields import Field, Press, WordEdit
from tui_mail.ui.screens.keeping import keep_in_keyring
from tui_mail.ui.screens.line_edit import LineEdit
from tui_mail.ui.screens.new_account import KINDS, SECURITIES
from tui_mail.ui.screens.providers import Found, ServerFound, find_servers
from tui_mail.ui.screens.setup_fields import TITLES, hint_of, make_fields
from tui_mail.ui.signs import choose_signs
from tui_mail.ui.trying import Refusal
from tui_mail.ui.widgets.hint_line import HintLine
from tui_mail.ui.widgets.status_line import StatusLine
from tui_mail.ui.widgets.title_line import TitleLine

Test = Callable[[Account, str], Awaitable[Refusal | None]]
"""Tries the login with the password; None if it worked."""

_OTHER = {"imap": "pop3", "pop3": "imap"}
_KEPT = "All mail is kept here; what is on the server stays there."
"""What somebody may fear who takes POP3; see ``delete_after``."""


@dataclass(frozen=True, slots=True)
class Made:
    """The account that was saved."""

    name: str
    password: str
    """Empty if the keyring keeps it; else nobody does, and it is good for this run."""


class SetUp(Screen[Made | None], inherit_bindings=False):
    """The form; it gives the account that was saved, or None."""

    DEFAULT_CSS = """
    SetUp {
        background: $background;
        overflow: hidden;
        & > #form { height: 1fr; padding: 1 1 0 1; scrollbar-size-vertical: 1; }
        & > #form > .heading { height: 1; padding: 0 1; margin-top: 1; text-style: bold; }
        & > #form > #imap-folded { margin-top: 1; }
        & > #form > #pop3-folded { margin-top: 1; }
        & > #form > #connect { width: 11; margin: 1 0; color: $accent; }
        & > #form > #anyway { width: 15; margin-bottom: 1; }
        & > #form > #anyway { color: $accent; display: none; }
        & > #form > #other { width: 22; margin-bottom: 1; color: $accent; }
        & > #form > #welcome { height: auto; padding: 0 1 1 1; }
        & > #form > #welcome { color: $foreground-muted; }
        &:ansi { background: ansi_default; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # First, so that keys are carried out in the order in which they came.
        Binding("tab", "go(1)", priority=True),
        Binding("shift+tab", "go(-1)", priority=True),
        Binding("enter", "enter", priority=True),
        Binding("ctrl+s", "connect", priority=True),
        Binding("ctrl+o", "save_anyway", priority=True),
        Binding("ctrl+t", "take_other", priority=True),
        Binding("escape,ctrl+c,ctrl+g,ctrl+q", "back", priority=True),
    ]

    def __init__(
        self, places: Places, settings: Settings, *, test: Test | None = None
    ) -> None:
        super().__init__()
        self._places, self._path, self._test = places, settings.path, test
        self._signs = choose_signs()
        self._fields = {field.key: field for field in make_fields()}
        self._found: Found | None = None
        self._filled = {f"{kind}.security": Security.TLS.value for kind in KINDS}
        self._open: set[str] = set()
        self._incoming = "imap"
        self._working: Worker[None] | None = None
        self._refused = False

    def compose(self) -> ComposeResult:
        """Put the fields in the order in which people know them."""
        yield TitleLine()
        with VerticalScroll(id="form", can_focus=False):
            yield Static(
                Content("The servers are found from the address where they can be."),
                id="welcome",
            )
            for key in ("address", "name", "password"):
                yield self._fields[key]
            for kind in KINDS:
                yield Press(own(""), id=f"{kind}-folded")
                yield Static(Content(TITLES[kind]), classes="heading", id=f"{kind}")
                for key in ("host", "port", "security", "username"):
                    yield self._fields[f"{kind}.{key}"]
            yield Press(own("Connect"), id="connect")
            yield Press(own("Save anyway"), id="anyway")
            yield Press(own(""), id="other")
        yield StatusLine(id="status")
        yield HintLine()

    def on_mount(self) -> None:
        """Begin with the address."""
        self.query_one(TitleLine).show(own("A new account"))
        self._say(own(""))
        self._show_hints()
        self._show_servers()
        self._fields["address"].edit.focus()

    def _say(self, line: Displayable, *, warning: bool = False) -> None:
        status = self.query_one("#status", StatusLine)
        status.show(line, warning=warning)
        status.display = bool(line)

    def _show_hints(self) -> None:
        if self._working is not None:
            hints = [("Esc", "stop")]
        else:
            other = _OTHER[self._incoming].upper()
            hints = [("Tab", "next"), ("Ctrl+S", "connect")]
            if self._refused:
                hints.append(("Ctrl+O", "save anyway"))
            hints += [("Ctrl+T", f"{other} instead"), ("Esc", "back")]
        self.query_one(HintLine).show(hints)

    # The servers, while they are found.

    def on_field_left(self, event: Field.Left) -> None:
        """Take what a field says."""
        event.stop()
        self._left(event.field.key)

    def _left(self, key: str) -> None:
        """Find the servers of an address, and the port of a security."""
        if key == "address":
            self._find()
        kind, _, what = key.partition(".")
        if what == "security":
            self._choose_port(kind)

    def _find(self) -> None:
        found = find_servers(self._fields["address"].text)
        if found is None or found == self._found:
            return
        self._found = found
        address = self._fields["address"].text
        for kind, server in (
            ("imap", found.imap),
            ("pop3", found.pop3),
            ("smtp", found.smtp),
        ):
            self._fill(kind, server, address)
            self._fields[f"{kind}.host"].set_hint(
                hint_of(kind, guessed=not found.known)
            )
            if not found.known or server is None:
                self._open.add(kind)
        self._fields["password"].set_hint(found.note)
        self._show_servers()

    def _fill(self, kind: str, server: ServerFound | None, address: str) -> None:
        """Fill in what was found where a person has not written something else."""
        texts = ("", "", Security.TLS.value)
        if server is not None:
            texts = (server.host, str(server.port), server.security.value)
        host, port, security = texts
        for key, text in (
            (f"{kind}.host", host),
            (f"{kind}.port", port),
            (f"{kind}.security", security),
            (f"{kind}.username", address),
        ):
            edit = self._fields[key].edit
            if edit.value in ("", self._filled.get(key)):
                edit.set_text(text)
                self._filled[key] = text

    def _choose_port(self, kind: str) -> None:
        """Take the usual port of a security, unless the port is an unusual one."""
        word, port = self._fields[f"{kind}.security"], self._fields[f"{kind}.port"]
        if isinstance(word.edit, WordEdit):
            word.edit.complete()
        usual = {str(number) for (each, _), number in PORTS.items() if each == kind}
        if word.text in SECURITIES and port.text in {"", *usual}:
            port.edit.set_text(str(PORTS[kind, Security(word.text)]))

    @property
    def _kinds(self) -> tuple[str, str]:
        """The servers that the account is to have."""
        return self._incoming, "smtp"

    def _show_servers(self) -> None:
        for kind in KINDS:
            wanted = kind in self._kinds
            opened = kind in self._open and wanted
            folded = self.query_one(f"#{kind}-folded", Press)
            folded.say(self._summary(kind))
            folded.display = wanted and not opened
            self.query_one(f"#{kind}").display = opened
            for key in ("host", "port", "security", "username"):
                self._fields[f"{kind}.{key}"].display = opened
        other = _OTHER[self._incoming].upper()
        self.query_one("#other", Press).say(own(f"Take {other} instead"))

    def _summary(self, kind: str) -> Displayable:
        texts = self._texts()
        host, port = texts[f"{kind}.host"], texts[f"{kind}.port"]
        where = f"{host}, port {port}, {texts[f'{kind}.security']}" if host else ""
        return own(f"{self._signs.folded} {TITLES[kind]}  {displayable(where)}")

    # What a person does.

    def on_press_pressed(self, event: Press.Pressed) -> None:
        """Unfold a server, connect, or save."""
        event.stop()
        kind = (event.press.id or "").removesuffix("-folded")
        if kind == "anyway":
            self.action_save_anyway()
            return
        if kind == "other":
            self.action_take_other()
            return
        if kind not in KINDS:
            self.action_connect()
            return
        self._open.add(kind)
        self._show_servers()
        self._fields[f"{kind}.host"].edit.focus()

    def on_input_changed(self, event: LineEdit.Changed) -> None:
        """Forget what was wrong with the field."""
        event.stop()
        for key, field in self._fields.items():
            if field.edit is event.input:
                field.changed()
                kind, _, what = key.partition(".")
                if what == "host" and field.text != self._filled.get(key):
                    field.set_hint(hint_of(kind))

    def action_go(self, fields: int) -> None:
        """Go to the next field or the one before."""
        for key, field in self._fields.items():
            if field.edit is self.focused:
                self._left(key)
        if fields > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_enter(self) -> None:
        """Press the button; from a field go on to the next."""
        if isinstance(self.focused, Press):
            self.focused.action_press()
        else:
            self.action_go(1)

    def action_back(self) -> None:
        """Stop the attempt; without one leave, and ask if that loses something."""
        if self._working is not None:
            self._working.cancel()
            self._end("It was stopped.")
        elif any(self._fields[key].text for key in ("address", "name", "password")):
            self.run_worker(self._ask_to_leave(), exclusive=True, group="leaving")
        else:
            self.dismiss(None)

    async def _ask_to_leave(self) -> None:
        answers = [("y", "leave"), ("Esc", "go on")]
        if await self.app.push_screen_wait(Confirm("Leave without saving?", answers)):
            self.dismiss(None)

    def action_connect(self) -> None:
        """Check what was filled in, try it, and save it."""
        self._begin(tried=False)

    def action_save_anyway(self) -> None:
        """Save what was tried in vain: the server may be down, or the settings know more."""
        if self._refused:
            self._begin(tried=True)

    def action_take_other(self) -> None:
        """Read mail by the other protocol."""
        if self._working is not None:
            return
        self._find()
        before, self._incoming = self._incoming, _OTHER[self._incoming]
        self._show_servers()
        self._show_hints()
        self._say(own(_KEPT if self._incoming == "pop3" else ""))
        for key in ("host", "port", "security", "username"):
            if self._fields[f"{before}.{key}"].edit is self.focused:
                self._fields[f"{self._incoming}.{key}"].edit.focus()
        if self.focused is self.query_one(f"#{before}-folded"):
            self.query_one(f"#{self._incoming}-folded").focus()

    def _begin(self, *, tried: bool) -> None:
        if self._working is not None:
            return
        for field in self._fields.values():
            field.set_mistake(own(""))
        self._find()
        for kind in self._kinds:
            self._choose_port(kind)
        mistakes = new_account.find_mistakes(self._texts())
        if mistakes:
            self._show_mistakes(mistakes)
            return
        self._working = self.run_worker(self._connect(tried=tried))
        self._show_hints()

    def _texts(self) -> dict[str, str]:
        texts = {key: field.text for key, field in self._fields.items()}
        return texts | {"incoming": self._incoming}

    def _show_mistakes(self, mistakes: dict[str, Displayable]) -> None:
        for key, mistake in mistakes.items():
            self._open.update(kind for kind in KINDS if key.startswith(kind))
            self._fields[key].set_mistake(mistake)
        self._show_servers()
        for key, field in self._fields.items():
            if key in mistakes:
                field.edit.focus()
                break
        self._say(own("Not yet: see the marked fields."))

    # What happens then.

    def _end(self, line: str) -> None:
        """Show how an attempt ended; the form stays."""
        self._working = None
        self._show_hints()
        self._say(displayable(line), warning=True)

    async def _connect(self, *, tried: bool) -> None:
        texts = self._texts()
        fields = new_account.settings_of(texts)
        name = ""
        try:
            known = load_settings(self._path, self._places).accounts
            name = new_account.free_name(
                texts["address"], {each.lower() for each in known}
            )
            account = new_account.make_account(self._path, name, fields)
            if not tried and not await self._try(account, texts["password"]):
                return
            servers = [each for each in (account.incoming, account.smtp) if each]
            kept = await asyncio.to_thread(keep_in_keyring, servers, texts["password"])
            await asyncio.to_thread(add_account, self._path, name, fields)
        except SettingsError as mistake:
            self._show_mistaken(mistake, name)
            return
        self.dismiss(Made(name, "" if kept else texts["password"]))

    def _show_mistaken(self, mistake: SettingsError, name: str) -> None:
        key, sentence = new_account.place_of(mistake, name)
        self._end(mistake.line if key not in self._fields else "")
        if key in self._fields:
            self._show_mistakes({key: sentence})

    def _is_guess(self, kind: str) -> bool:
        """Whether nobody has said that this server is right."""
        key = f"{kind}.host"
        guessed = self._found is not None and not self._found.known
        return guessed and self._fields[key].text == self._filled.get(key)

    async def _try(self, account: Account, password: str) -> bool:
        if self._test is None:
            return True
        host = account.incoming.host if account.incoming else ""
        self._say(displayable(f"Connecting to {host}"))
        if self._is_guess("smtp"):
            # To be wrong there keeps nobody from reading.
            account = replace(account, smtp=None)
        refused = await self._test(account, password)
        if refused is None:
            return True
        self._refused = True
        self.query_one("#anyway").display = True
        self._end("")
        if refused.field:
            self._show_mistakes({refused.field: refused.mistake})
        self._say(refused.line, warning=True)
        return False
