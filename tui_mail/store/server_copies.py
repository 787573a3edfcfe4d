"""What a POP3 server has still, and what becomes there of what is deleted here for ever."""

import json
from collections.abc import Sequence

from tui_mail.config.settings import PopServer
from tui_mail.model.ids import MailboxId, MessageNumber
from tui_mail.store.agreeing import needs_yes
from tui_mail.store.source import Source

_COUNT = """
    WITH going (content) AS (
        SELECT DISTINCT content FROM message
        WHERE number IN (SELECT value FROM json_each(:numbers))
    )
    SELECT count(DISTINCT p.content),
        count(DISTINCT CASE WHEN p.state IN ('stored', 'leaving') THEN p.content END)
    FROM going g JOIN pop_message p ON p.content = g.content
    WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.content = g.content
        AND m.number NOT IN (SELECT value FROM json_each(:numbers)))
"""
_BY_MAILBOX = """
    SELECT m.mailbox, count(*) FROM message m WHERE m.content IN
        (SELECT content FROM pop_message WHERE state IN ('stored', 'leaving'))
    GROUP BY m.mailbox
"""


def count_by_mailbox(source: Source) -> dict[MailboxId, int]:
    """Count the messages in each mailbox that a POP3 server has still."""
    return {
        MailboxId(mailbox): count
        for mailbox, count in source.connection.execute(_BY_MAILBOX)
    }


def count_on_server(
    source: Source, numbers: Sequence[MessageNumber]
) -> tuple[int, int]:
    """Count those that came from a POP3 server, and those that it has still.

    What has a copy here that stays is not among them: it is not deleted for ever.
    """
    came, there = source.connection.execute(
        _COUNT, {"numbers": json.dumps(list(numbers))}
    ).fetchone()
    return came, there


def fate_in_words(
    source: Source, server: PopServer, numbers: Sequence[MessageNumber]
) -> str:
    """Say what becomes of these on the server; nothing of what never was there."""
    came, there = count_on_server(source, numbers)
    if not came:
        return ""
    return in_words(server, there, came, asks=needs_yes(source, server.delete_after))


def in_words(server: PopServer, there: int, count: int, *, asks: bool) -> str:
    """Say what becomes of those that the server has, of so many that came from it."""
    if not there:
        return f"The server does not have {'it' if count == 1 else 'them'} any more."
    many, some = there > 1, there < count
    subject = "They" if many else "It"
    if some:
        subject = f"The {there:,} that the server has"
    if server.delete_after == "never":
        place = "there" if some else "on the server"
        stays = "stay" if many else "stays"
        comes = "do not come" if many else "does not come"
        return f"{subject} {stays} {place} and {comes} again."
    days = server.delete_after_days
    late = f" {days} days after the download" if days else ""
    if asks:
        late += ", once you agree to the new delete_after"
    place = "there" if some else "the server"
    return f"{subject} {'go' if many else 'goes'} from {place} too{late}."
