"""The composer: the fields, what goes with the message, and its body."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from tui_mail.compose.draft import Attachment, Draft
from tui_mail.model.displayable import Displayable, own
from tui_mail.ui import completing
from tui_mail.ui.completing import Person
from tui_mail.ui.screens.choice_list import ChoiceList
from tui_mail.ui.screens.fields import Field
from tui_mail.ui.screens.line_edit import LineEdit
from tui_mail.ui.screens.offering import Offering
from tui_mail.ui.signs import UNICODE, choose_signs
from tui_mail.ui.widgets.attachment_list import AttachmentList, in_words
from tui_mail.ui.widgets.body_edit import BodyEdit, Rewrap
from tui_mail.ui.widgets.completion_list import CompletionList
from tui_mail.ui.widgets.header_field import (
    AddressEdit,
    HeaderEdit,
    HeaderField,
    SenderEdit,
)
from tui_mail.ui.widgets.hint_line import HintLine
from tui_mail.ui.widgets.status_line import StatusLine
from tui_mail.ui.widgets.title_line import TitleLine

ADDRESSES = ("to", "cc", "bcc")
"""The fields for people, by their keys."""
_KINDS = {**dict.fromkeys(ADDRESSES, AddressEdit), "subject": HeaderEdit}
_LABELS = {"to": "To", "cc": "Cc", "bcc": "Bcc", "subject": "Subject"}
_LOW = 16
"""Rows below which the fields make room for the body."""
_COUNTED_FROM = 4
"""People from whom on a field says how many they are."""


@dataclass(frozen=True, slots=True)
class Sender:
    """An address that one can write from."""

    account: str
    sender: str
    """As it stands in the From field."""


class Desk(Protocol):
    """Who carries a message to its end; the screen tells it what is wanted."""

    def opened(self) -> None:
        """It is on the screen."""

    def changed(self) -> None:
        """Something was written."""

    def wanted(self, what: str) -> None:
        """Have it sent, left, attached to, and so on: see the composer's keys."""

    def left_field(self, key: str) -> None:
        """One writes in another field now."""

    def looked_for(self, typed: str) -> None:
        """Somebody is looked for by a few letters."""


class Composer(Screen[None], inherit_bindings=False):
    """What is written, to see and to change; its desk does the rest."""

    DEFAULT_CSS = """
    Composer {
        background: $background;
        overflow: hidden;
        layers: default above;
        & > HeaderField { padding: 0; }
        & > #body { border-top: solid $border-blurred; }
        & > #body.-ascii { border-top: ascii $border-blurred; }
        & > #said { display: none; }
        &.-alone > #from { display: none; }
        &.-said > #said { display: block; }
        &.-said > #hints { display: none; }
        &.-low > TitleLine { display: none; }
        &.-low.-writing > HeaderField { display: none; }
        &.-low.-writing > #to { display: block; }
        &.-low.-writing > #subject { display: block; }
        &.-low.-writing > AttachmentList { max-height: 1; }
        &:ansi { background: ansi_default; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # First, so that keys are carried out in the order in which they came.
        Binding("tab", "walk(1)", priority=True),
        Binding("shift+tab", "walk(-1)", priority=True),
        Binding("enter,ctrl+j", "enter", priority=True),
        Binding("up,ctrl+p", "choose(-1)", priority=True),
        Binding("down,ctrl+n", "choose(1)", priority=True),
        Binding("ctrl+s", "want('send')", priority=True),
        Binding("ctrl+t", "want('attach')", priority=True),
        Binding("f4", "want('editor')", priority=True),
        Binding("f1", "want('keys')", priority=True),
        Binding("ctrl+o", "want('sender')", priority=True),
        Binding("escape,ctrl+q", "back", priority=True),
        Binding("ctrl+c,ctrl+g", "cancel", priority=True),
        Binding("ctrl+l", "redraw", priority=True),
    ]

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """What has the focus shows it by itself: Textual would paint all of the screen."""

    def __init__(
        self,
        desk: Desk,
        draft: Draft,
        *,
        title: Displayable,
        choosable: bool = False,
        rewrap: Rewrap | None = None,
    ) -> None:
        """``choosable``: whether there is more than one address to write from."""
        super().__init__()
        self._desk, self._draft, self._title = desk, draft, title
        self._choosable = choosable
        self._state = own("")
        self.first = "body"
        """Where one begins: a field's key, or ``body``."""
        self._signs = choose_signs()
        self._fields = {
            key: HeaderField(key, own(_LABELS[key]), kind(getattr(draft, key)))
            for key, kind in _KINDS.items()
        }
        self._from = HeaderField("from", own("From"), SenderEdit(draft.sender))
        self._files = AttachmentList(self._signs, id="files")
        look = "" if self._signs is UNICODE else "-ascii"
        self._body = BodyEdit(draft.body, rewrap=rewrap, id="body")
        self._body.set_class(bool(look), look or "-ascii")
        self._offer = Offering(CompletionList(self._signs))
        self._values = {key: field.edit.value for key, field in self._fields.items()}
        self._body_version = self._body.version

    def compose(self) -> ComposeResult:
        """Put the fields over the body."""
        yield TitleLine(id="title")
        self.set_class(not self._choosable, "-alone")
        yield self._from
        yield from self._fields.values()
        yield self._files
        yield self._body
        yield StatusLine(id="said")
        yield HintLine(id="hints")
        yield self._offer.list

    def on_mount(self) -> None:
        """Begin in the field that is to be filled in first."""
        self._show_title()
        self._files.show(self._draft.attachments)
        for key in ADDRESSES:
            self._count(key)
        self.go_to(self.first)
        self.call_after_refresh(self._desk.opened)

    # State down.

    @property
    def draft(self) -> Draft:
        """All that is written, with what the draft knew before."""
        texts = {key: field.edit.value for key, field in self._fields.items()}
        return replace(
            self._draft,
            to=texts["to"].strip(),
            cc=texts["cc"].strip(),
            bcc=texts["bcc"].strip(),
            subject=texts["subject"].strip(),
            body=self._body.text,
        )

    def go_to(self, key: str) -> None:
        """Go to a field, or to the body."""
        if key in self._fields:
            self._fields[key].edit.focus()
        else:
            self._body.focus()

    def attach(self, attachment: Attachment) -> None:
        """Add something that goes with it."""
        self._set_attachments((*self._draft.attachments, attachment))

    def _set_attachments(self, attachments: tuple[Attachment, ...]) -> None:
        if not attachments and self._files.has_focus:
            self._body.focus()
        self._draft = replace(self._draft, attachments=attachments)
        self._files.show(attachments)
        self._show_title()
        self._show_hints()
        self._desk.changed()

    def take_facts(self, draft: Draft) -> None:
        """Take what is not typed: the account, the sender, where it is kept."""
        self._draft = replace(
            self._draft,
            account=draft.account,
            sender=draft.sender,
            parent=draft.parent,
            parent_flag=draft.parent_flag,
            message=draft.message,
        )
        self._from.edit.set_text(draft.sender)
        self._desk.changed()

    def set_body(self, text: str, *, stay: bool = False) -> None:
        """Put another body there; Ctrl+Z brings the old one back.

        The cursor goes to its beginning, or may ``stay``.
        """
        self._body.set_text(text, stay=stay)

    def set_mistake(self, key: str, mistake: Displayable) -> None:
        """Say what is wrong with a field; nothing is with an empty text."""
        self._fields[key].set_mistake(mistake)
        if not mistake:
            self._count(key)

    def say(self, line: Displayable, *, warning: bool = False) -> None:
        """Say something in the place of the keys, until the next key."""
        if line or self.has_class("-said"):
            self.query_one("#said", StatusLine).show(line, warning=warning)
            self.set_class(bool(line), "-said")

    def say_beside(self, state: Displayable) -> None:
        """Say beside the title whether it is kept."""
        self._state = state
        self._show_title()

    def _show_title(self) -> None:
        attached = self._draft.attachments
        said = [in_words(attached)] if attached else []
        said += [self._state] if self._state else []
        right = f" {self._signs.separator} ".join(said)
        self.query_one(TitleLine).show(self._title, own(right))

    def take_people(self, people: Sequence[Person]) -> None:
        """Take people who may be meant; offer them where one types."""
        self._offer.add(people)
        self._offer_people()

    # What a person does.

    def on_input_changed(self, event: LineEdit.Changed) -> None:
        """Forget what was wrong with the field, and offer people."""
        event.stop()
        for key, field in self._fields.items():
            if field.edit is event.input:
                self._typed(key)

    def _typed(self, key: str) -> None:
        field = self._fields[key]
        if field.edit.value == self._values[key]:
            return
        self._values[key] = field.edit.value
        self.say(own(""))
        field.changed()
        if key in ADDRESSES:
            self._count(key)
            self._offer_people()
        self._desk.changed()

    def _count(self, key: str) -> None:
        count = completing.count_entries(self._fields[key].edit.value)
        said = f"{count:,} people" if count >= _COUNTED_FROM else ""
        self._fields[key].set_hint(own(said))

    def on_body_edit_changed(self, event: BodyEdit.Changed) -> None:
        """Tell that something was written."""
        event.stop()
        if self._body.version != self._body_version:
            self._body_version = self._body.version
            self.say(own(""))
            self._desk.changed()

    def on_attachment_list_removed(self, event: AttachmentList.Removed) -> None:
        """Take it off."""
        event.stop()
        kept = [*self._draft.attachments]
        kept.remove(event.attachment)
        self._set_attachments(tuple(kept))

    def on_field_left(self, event: Field.Left) -> None:
        """Look over what was typed."""
        event.stop()
        if self.focused is event.field.edit:
            return
        if self._edited is None:
            self._offer.close()
        if event.field.key in ADDRESSES:
            event.field.edit.set_text(event.field.edit.value.rstrip(" ,;"))
            self._typed(event.field.key)
            self._desk.left_field(event.field.key)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:  # noqa: ARG002
        """Give the body room where there is little, and name the keys."""
        self._suit_size()
        self._show_hints()

    def on_resize(self) -> None:
        """Give the body room where there is little."""
        self._suit_size()
        self._offer.place(self.size)

    def _suit_size(self) -> None:
        self._suit(self.focused)

    def _suit(self, focused: Widget | None) -> None:
        """Show the fields that have room; what has the focus always has."""
        low = self.app.size.height < _LOW
        self.set_class(low, "-low")
        self.set_class(low and focused in (self._body, self._files), "-writing")

    def _show_hints(self) -> None:
        hints = [("Ctrl+S", "send"), ("Ctrl+T", "attach"), ("F4", "editor")]
        hints.append(("Esc", "close"))
        if self.focused is self._files:
            hints = [("d", "take off"), ("Tab", "next"), *hints]
        elif self.focused is self._from.edit:
            hints = [("Enter", "choose"), ("Up Down", "walk"), *hints]
        elif self.focused is self._body:
            hints += [("Ctrl+R", "wrap again"), ("Tab", "fields")]
        else:
            hints = [("Tab", "next"), *hints]
        hints.append(("F1", "keys"))
        self.query_one("#hints", HintLine).show(hints)

    def action_redraw(self) -> None:
        """Paint everything anew."""
        self.refresh(layout=True)

    def action_want(self, what: str) -> None:
        """Tell the desk what is wanted."""
        self._offer.close()
        self.say(own(""))
        self._desk.wanted(what)

    def action_back(self) -> None:
        """Close the people who are offered, else ask what is to become of it."""
        if self._offer.is_open:
            self._offer.close()
        else:
            self.action_want("leave")

    def action_cancel(self) -> None:
        """Copy what is selected; nothing is ever lost by this key."""
        self._offer.close()
        if self._body.has_focus and self._body.copy():
            self.say(own("Copied."))
        else:
            self.say(own("Esc closes it, and asks what is to become of it."))

    def action_walk(self, step: int) -> None:
        """Take who is offered; go to the next field or the one before."""
        self.say(own(""))
        if step > 0 and self._take_person():
            return
        self._offer.close()
        self._go(step)

    def _go(self, step: int, *, as_seen: bool = False) -> None:
        """Go on; fields that made room for the body are there again.

        What is attached comes after the body, whose letters would take it off;
        ``as_seen``: in its place above it.
        """
        edits = [field.edit for field in self._fields.values()]
        chain: list[Widget] = [*([self._from.edit] if self._choosable else []), *edits]
        files = [self._files] if self._draft.attachments else []
        chain += [*files, self._body] if as_seen else [self._body, *files]
        place = next((n for n, each in enumerate(chain) if each is self.focused), -step)
        target = chain[(place + step) % len(chain)]
        self._suit(target)
        target.focus()

    def action_enter(self) -> None:
        """Take who is offered; in the body begin a line, in a field go on."""
        self.say(own(""))
        if self.focused is self._body:
            self._body.action_begin_line()
        elif self.focused is self._from.edit:
            self._desk.wanted("sender")
        elif not self._take_person():
            self._offer.close()
            self._go(1)

    def action_choose(self, step: int) -> None:
        """Choose among who is offered; in the body move, in the fields go on."""
        if self._offer.is_open:
            self._offer.list.step(step)
        elif self.focused is self._body:
            self._body.action_rows(step)
        elif self.focused is self._files:
            if not self._files.move(step):
                self._go(step, as_seen=True)
        elif self.focused is self._from.edit:
            self._desk.wanted("next-sender" if step > 0 else "previous-sender")
        else:
            self._go(step, as_seen=True)

    # Who may be meant.

    @property
    def _edited(self) -> HeaderField | None:
        for key in ADDRESSES:
            if self._fields[key].edit is self.focused:
                return self._fields[key]
        return None

    def _offer_people(self) -> None:
        typed = self._offer.look(self._edited, self.size)
        if typed:
            self._desk.looked_for(typed)

    def _take_person(self) -> bool:
        """Put who is chosen into the field; False where nobody is."""
        field = self._edited
        if field is None:
            return False
        self._typed(field.key)
        taken = self._offer.take(field)
        self._typed(field.key)
        return taken

    def on_choice_list_taken(self, event: ChoiceList.Taken) -> None:
        """Take who was clicked."""
        event.stop()
        self._take_person()
