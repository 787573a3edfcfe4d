"""Sample values for the widgets' tests, and a small app that shows the panes together."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from tui_mail.model.body import BodyPart
from tui_mail.model.displayable import displayable, displayable_lines
from tui_mail.model.flags import ANSWERED, FLAGGED, FORWARDED, SEEN, Flags
from tui_mail.model.ids import (
    ContentId,
    MailboxId,
    MessageNumber,
    PartId,
    ThreadId,
    Uid,
)
from tui_mail.model.mailbox import Mailbox, MailboxState, SpecialUse
from tui_mail.model.message import Address, Envelope, MessageSummary
from tui_mail.model.readable import Link, ReadableText
from tui_mail.ui.content import MessageContent
from tui_mail.ui.row import RowContext
from tui_mail.ui.themes import load_themes
from tui_mail.ui.widgets.hint_line import HintLine
from tui_mail.ui.widgets.mailbox_tree import MailboxTree
from tui_mail.ui.widgets.message_list import MessageList
from tui_mail.ui.widgets.message_view import MessageView
from tui_mail.ui.widgets.part_list import PartList
from tui_mail.ui.widgets.status_line import StatusLine

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
ANN = "ann@example.org"
OWN = frozenset({ANN})


def person(name: str, address: str = "") -> Address:
    address = address or f"{name.split()[0].lower()}@corp.example"
    return Address(displayable(name), displayable(address))


def summary(
    number: int = 1,
    sender: str = "Grace Hopper",
    subject: str = "Compiler release plan",
    *,
    flags: Iterable[str] = (SEEN,),
    minutes: int = 60,
    attachment: bool = False,
    waiting: bool = False,
    downloaded: bool = True,
    address: str = "",
) -> MessageSummary:
    return MessageSummary(
        number=MessageNumber(number),
        mailbox=MailboxId(1),
        uid=Uid(number),
        content=ContentId(number),
        thread=ThreadId(number),
        date=NOW - timedelta(minutes=minutes),
        from_=(person(sender, address),),
        to=(person("Ann Example", ANN),),
        cc=(),
        subject=displayable(subject),
        flags=Flags(flags),
        size=4321 * number % 3_000_000,
        has_attachment=attachment,
        message_id=f"m{number}@corp.example",
        snippet=displayable("Hi Ann, shall we try the new place"),
        waiting=waiting,
        downloaded=downloaded,
    )


@dataclass
class View:
    """What ``load_view`` gives."""

    numbers: Sequence[int] = field(default_factory=lambda: array("q"))
    depths: Sequence[int] = field(default_factory=lambda: array("B"))
    counts: Sequence[int] = field(default_factory=lambda: array("i"))


def flat_view(numbers: Iterable[int]) -> View:
    kept = array("q", numbers)
    return View(kept, array("B", [0]) * len(kept), array("i", [0]) * len(kept))


INBOX = [
    (summary(1, "Grace Hopper", "Compiler release plan for Q3", flags=(),
             minutes=264, attachment=True), 0, 0),
    (summary(2, "Lars Eriksson", "Re: [sqlite] WAL and network file systems", flags=(),
             minutes=293), 0, 4),
    (summary(3, "Mei Chen", "Re: [sqlite] WAL and network file systems", minutes=310),
     1, 0),
    (summary(4, "Lars Eriksson", "Re: [sqlite] WAL and network file systems",
             minutes=309, flags=()), 2, 0),
    (summary(5, "Ann Example", "Re: [sqlite] WAL and network file systems",
             minutes=308, waiting=True, address=ANN), 1, 0),
    (summary(6, "Anna Novák", "Invoice 2026-118", flags=(SEEN, FLAGGED), minutes=3000,
             attachment=True), 0, 0),
    (summary(7, "Kateřina Müller", "Réunion déplacée", flags=(SEEN, ANSWERED),
             minutes=4000), 0, 0),
    (summary(8, "Rust Newsletter", "This week: 14 crates, 3 talks", flags=(FLAGGED,),
             minutes=4300), 0, 0),
    (summary(9, "Petra Quist", "Lunch on Thursday?", minutes=5500), 0, 0),
    (summary(10, "会議事務局", "来週の予定について、会議室の変更と資料の確認のお願い",
             minutes=5900), 0, 0),
    (summary(11, "دار الحكمة للنشر", "دعوة إلى حفل توقيع الكتاب", minutes=20000), 0, 0),
    (summary(12, "פטרה קוויסט", "ארוחת צהריים ביום חמישי?", flags=(), minutes=21000),
     0, 0),
    (summary(13, "🎉 Party Team 👩‍👩‍👧", "You are invited 🎂 to the summer party 🌞",
             minutes=90000), 0, 0),
    (summary(14, "Budget Office", "Fwd: numbers for the third quarter, corrected, "
             "with the annexes that were missing from the first mail of last week",
             flags=(SEEN, FORWARDED), minutes=500000, attachment=True), 0, 0),
    (summary(15, "noreply@parcels.example", "Your parcel\x1b[31m is \u202e waiting",
             minutes=800000, downloaded=False), 0, 0),
    *(
        (summary(number, f"Sender {number}", f"Weekly report {number} of the project",
                 minutes=900000 + number), 0, 0)
        for number in range(16, 90)
    ),
]  # fmt: skip


def inbox_view() -> View:
    return View(
        array("q", [row.number for row, _, _ in INBOX]),
        array("B", [depth for _, depth, _ in INBOX]),
        array("i", [count for _, _, count in INBOX]),
    )


def load_inbox(numbers: Sequence[int]) -> list[MessageSummary | None]:
    known = {int(row.number): row for row, _, _ in INBOX}
    return [known.get(number) for number in numbers]


def mailbox(
    number: int,
    *parts: str,
    use: SpecialUse | None = None,
    unread: int = 0,
    selectable: bool = True,
) -> Mailbox:
    shown = tuple(displayable(part) for part in parts)
    return Mailbox(
        id=MailboxId(number),
        wire_name="/".join(parts).encode(),
        name=displayable("/".join(parts)),
        parts=shown,
        special_use=use,
        selectable=selectable,
        subscribed=True,
        local=False,
        total=1204,
        unread=unread,
        server_total=1204,
        state=MailboxState(),
        synced_at=NOW,
    )


WORK = [
    mailbox(1, "INBOX", use=SpecialUse.INBOX, unread=3),
    mailbox(2, "Drafts", use=SpecialUse.DRAFTS, unread=1),
    mailbox(3, "Sent", use=SpecialUse.SENT),
    mailbox(4, "Archive", use=SpecialUse.ARCHIVE),
    mailbox(5, "Junk", use=SpecialUse.JUNK, unread=41),
    mailbox(6, "Trash", use=SpecialUse.TRASH),
    mailbox(7, "Lists", selectable=False),
    mailbox(8, "Lists", "rust", unread=12),
    mailbox(9, "Lists", "sqlite", unread=1204),
    mailbox(10, "Lists", "sqlite", "announce"),
    mailbox(11, "Projekt Übersicht"),
    mailbox(12, "会議の記録"),
]
OLD = [
    mailbox(1, "INBOX", use=SpecialUse.INBOX, unread=41),
    mailbox(2, "Archive", use=SpecialUse.ARCHIVE),
]

STRUCTURE = BodyPart(
    PartId(""),
    "multipart/mixed",
    children=(
        BodyPart(
            PartId("1"),
            "multipart/alternative",
            children=(
                BodyPart(PartId("1.1"), "text/plain", "utf-8", size=1240),
                BodyPart(PartId("1.2"), "text/html", "utf-8", size=8840),
            ),
        ),
        BodyPart(
            PartId("2"),
            "application/pdf",
            encoding="base64",
            size=1_660_000,
            filename=displayable("plan.pdf"),
            disposition="attachment",
        ),
        BodyPart(
            PartId("3"),
            "image/jpeg",
            encoding="base64",
            size=466_000,
            filename=displayable("照片-holiday.jpg"),
            disposition="attachment",
        ),
    ),
)

TEXT = """\
Hi Ann,

shall we try the new place at the canal [1]? I have the printouts with me, and the \
corrected figures; we could go through them before the others come, if you can make \
it a quarter of an hour earlier than usual.

  * menu: soup, fish, cake
  * 12:30, outside if it is warm

On Wed, Ann Example wrote:
> Thursday is fine, but not before noon.
>
> > Is Thursday all right, or shall we take Friday, when the others are back from \
the conference and the room is free for the whole afternoon?
> Bring the printouts please.

会議は来週の水曜日に変更になりました。資料を確認してください。よろしくお願いいたします。

--
Petra
+49 30 1234567

[1] https://canal.example/menu
""".replace("\n--\n", "\n-- \n")

READABLE = ReadableText(
    text=displayable_lines(TEXT),
    kind="plain",
    links=(Link(displayable("place"), displayable("https://canal.example/menu")),),
    warnings=(
        displayable(
            "The name says service@bank.example; the address is x9@evil.example"
        ),
    ),
    snippet=displayable("shall we try the new place at the canal"),
)


def content(text: ReadableText | None = READABLE) -> MessageContent:
    row = INBOX[8][0]
    return MessageContent(
        account="work",
        number=row.number,
        summary=row,
        envelope=Envelope(
            subject=row.subject,
            from_=(person("Petra Quist", "petra@quist.example"),),
            to=(person("Ann Example", ANN), person("Lars Eriksson")),
            cc=(person("The Team", "team@corp.example"),),
            date=datetime(2026, 11, 19, 11, 2, tzinfo=UTC),
        ),
        text=text,
        structure=STRUCTURE,
        auth=displayable("signed by quist.example · first message from this address"),
        downloaded=frozenset({PartId("1.1"), PartId("1.2"), PartId("3")}),
    )


class PanesApp(App[None]):
    """The three panes as the reader puts them together."""

    CSS = """
    Screen { background: $background; }
    #side { width: 24; border-right: vkey $border-blurred; }
    #list { height: 2fr; }
    #view { height: 3fr; border-top: solid $border-blurred; }
    Screen.narrow #side { display: none; }
    Screen.narrow #view { display: none; }
    Screen.columns #both { layout: horizontal; }
    Screen.columns #list { width: 68; height: 1fr; }
    Screen.columns #view { height: 1fr; border-top: none; border-left: vkey $border-blurred; }
    """
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, theme: str = "tui-mail", layout: str = "") -> None:
        super().__init__()
        for each in load_themes().values():
            self.register_theme(each)
        self.theme = theme
        self.layout_class = layout
        self.animation_level = "none"
        self.told: list[Any] = []

    def compose(self) -> ComposeResult:
        context = RowContext(now=NOW, own_addresses=OWN, show_remote=True)
        with Horizontal():
            yield MailboxTree(id="side")
            with Vertical(id="both"):
                yield MessageList(clock=lambda: NOW, context=context, id="list")
                yield MessageView(clock=lambda: NOW, own_addresses=OWN, id="view")
        yield StatusLine()
        yield HintLine()

    def on_mount(self) -> None:
        if self.layout_class:
            self.screen.add_class(self.layout_class)
        tree = self.query_one(MailboxTree)
        tree.show([("work", WORK), ("old (POP3)", OLD)])
        tree.set_open("work", MailboxId(1))
        tree.set_note("old (POP3)", displayable("offline"))
        messages = self.query_one(MessageList)
        messages.show_rows(load_inbox, inbox_view(), threads=True)
        messages.go(8)
        messages.mark([MessageNumber(7), MessageNumber(10)])
        messages.focus()
        self.query_one(MessageView).show(content())
        self.query_one(StatusLine).show(
            displayable("work connected · 2 changes wait · old pulled 14:02 (3 new)"),
            displayable('u undoes: archived "Budget" (09:40)'),
        )
        self.query_one(HintLine).show(
            [
                ("j k", "move"),
                ("Enter", "read"),
                ("r", "reply"),
                ("e", "archive"),
                ("d", "trash"),
                ("F", "flag"),
                ("/", "search"),
                ("Ctrl+P", "all commands"),
                ("?", "keys"),
            ]
        )

    def on_message_list_moved(self, told: MessageList.Moved) -> None:
        self.told.append(told)

    def on_message_list_opened(self, told: MessageList.Opened) -> None:
        self.told.append(told)

    def on_message_list_edge_reached(self, told: MessageList.EdgeReached) -> None:
        self.told.append(told)

    def on_mailbox_tree_selected(self, told: MailboxTree.Selected) -> None:
        self.told.append(told)


class PartsApp(App[None]):
    """The list of parts alone."""

    def compose(self) -> ComposeResult:
        yield PartList()

    def on_mount(self) -> None:
        for each in load_themes().values():
            self.register_theme(each)
        self.theme = "tui-mail"
        self.query_one(PartList).show(STRUCTURE, frozenset({PartId("1.1")}))
