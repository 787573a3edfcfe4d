from tui_mail.model.event import (
    ContentArrived,
    Event,
    MailboxChanged,
    MailboxesChanged,
    MessagesChanged,
    OperationsChanged,
    merged,
)
from tui_mail.model.ids import MailboxId, MessageNumber

INBOX, TRASH = MailboxId(1), MailboxId(2)


def _changed(mailbox: MailboxId, *numbers: int) -> MessagesChanged:
    return MessagesChanged(mailbox, frozenset(map(MessageNumber, numbers)))


def test_changes_of_one_mailbox_become_one_event() -> None:
    assert merged([_changed(INBOX, 1), _changed(TRASH, 9), _changed(INBOX, 2)]) == [
        _changed(INBOX, 1, 2),
        _changed(TRASH, 9),
    ]


def test_the_same_event_is_told_once_in_the_order_of_its_first_appearance() -> None:
    content = ContentArrived(MessageNumber(3))
    events: list[Event] = [
        OperationsChanged(),
        MailboxChanged(INBOX),
        content,
        MailboxesChanged(),
        OperationsChanged(),
        MailboxChanged(INBOX),
        content,
    ]
    assert merged(events) == events[:4]


def test_nothing_is_merged_into_nothing() -> None:
    assert merged([]) == []
