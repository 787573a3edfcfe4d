"""What changed: events carry ids, never data, and are published after the commit."""

from dataclasses import dataclass

from tui_mail.model.ids import MailboxId, MessageNumber


@dataclass(frozen=True, slots=True)
class MailboxesChanged:
    """The list of mailboxes, or their counts, changed."""


@dataclass(frozen=True, slots=True)
class MailboxChanged:
    """Messages came into a mailbox or left it."""

    mailbox: MailboxId


@dataclass(frozen=True, slots=True)
class MessagesChanged:
    """Flags or other facts of these messages changed; where they lie did not."""

    mailbox: MailboxId
    messages: frozenset[MessageNumber]


@dataclass(frozen=True, slots=True)
class ContentArrived:
    """The structure, the readable text or a part of this message is in the store now.

    Also that it is to stay there, or is not any more.
    """

    message: MessageNumber


@dataclass(frozen=True, slots=True)
class OperationsChanged:
    """Something began to wait for a server, or ceased to."""


Event = (
    MailboxesChanged
    | MailboxChanged
    | MessagesChanged
    | ContentArrived
    | OperationsChanged
)


def merged(events: list[Event]) -> list[Event]:
    """Merge events about the same thing, in the order of their first appearance."""
    out: dict[object, Event] = {}
    for event in events:
        if isinstance(event, MessagesChanged):
            key: object = (MessagesChanged, event.mailbox)
            before = out.get(key)
            if isinstance(before, MessagesChanged):
                event = MessagesChanged(event.mailbox, before.messages | event.messages)
            out[key] = event
        else:
            out.setdefault(event, event)
    return list(out.values())
