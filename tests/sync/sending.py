"""Mail put into an account's outbox, and what became of it here."""

import itertools
from datetime import UTC, datetime

from tests.servers.ports import HOST
from tests.sync.mailing import Desk
from tui_mail.config.places import Places
from tui_mail.config.settings import Account, Security, Settings, SmtpServer
from tui_mail.model.displayable import displayable
from tui_mail.model.error import NotFound
from tui_mail.model.ids import WHOLE, MessageNumber, SubmissionId
from tui_mail.model.outgoing import Outgoing, Submission
from tui_mail.store.content import load_part
from tui_mail.store.outbox import load_submission, load_submissions, submit

_NUMBERS = itertools.count(1)


def smtp_at(port: int, *, save_sent: str = "auto", **changes: object) -> SmtpServer:
    """Describe a submission server on this machine."""
    values = {"username": "ann", "password": "open-sesame"} | changes
    return SmtpServer(
        host=HOST,
        port=port,
        security=Security.NONE,
        save_sent=save_sent,
        **values,  # type: ignore[arg-type]
    )


class LocalDesk(Desk):
    """A local account that sends, and its places."""

    def __init__(self, places: Places, port: int) -> None:
        self.places = places
        self.account = Account(
            name="work", address="bob@example.org", smtp=smtp_at(port)
        )
        self._database = None


def outgoing(
    subject: str,
    *to: str,
    blind: str = "",
    in_reply_to: str = "",
    text: str = "Hello",
    message_id: str = "",
) -> Outgoing:
    """Write a message."""
    number = next(_NUMBERS)
    message_id = message_id or f"{number}.out@example.org"
    reply = f"In-Reply-To: <{in_reply_to}>\r\n" if in_reply_to else ""
    octets = (
        f"From: Bob <bob@example.org>\r\nTo: {', '.join(to)}\r\n"
        f"Subject: {subject}\r\nMessage-ID: <{message_id}>\r\n{reply}"
        f"Date: Thu, 1 Jan 2026 10:00:00 +0000\r\n\r\n{text} {number}\r\n"
    )
    return Outgoing(
        message_id=message_id,
        sender="bob@example.org",
        recipients=(*to, *([blind] if blind else [])),
        octets=octets.encode(),
        blind=f"Bcc: {blind}\r\n".encode() if blind else b"",
        subject=displayable(subject),
        in_reply_to=in_reply_to,
    )


def put(
    desk: Desk,
    message: Outgoing,
    *,
    not_before: datetime | None = None,
    draft: MessageNumber | None = None,
    parent: MessageNumber | None = None,
    parent_flag: str = "",
) -> SubmissionId:
    """Put a message into the outbox."""
    with desk.database.transaction() as tx:
        return submit(
            tx,
            message,
            said="a test",
            session="test",
            not_before=not_before,
            draft=draft,
            parent=parent,
            parent_flag=parent_flag,
        )


def row(desk: Desk, submission: SubmissionId) -> Submission | None:
    """Load what is in the outbox; None where it is there no more."""
    try:
        return load_submission(desk.database, submission)
    except NotFound:
        return None


def states(desk: Desk) -> list[str]:
    """Name the states of all that is in the outbox."""
    return [one.state.value for one in load_submissions(desk.database)]


def octets_in(desk: Desk, name: str = "Sent") -> list[bytes]:
    """Give the messages of a mailbox, octet by octet."""
    found = [load_part(desk.database, number, WHOLE) for number in desk.numbers(name)]
    return [octets or b"" for octets in found]


def now() -> datetime:
    return datetime.now(UTC)


def settings_of(desk: Desk) -> Settings:
    return Settings(path=desk.places.settings_file())
