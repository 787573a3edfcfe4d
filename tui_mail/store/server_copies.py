"""How much of what is to be deleted here for ever its POP3 server has."""

import json
from collections.abc import Sequence

from tui_mail.model.ids import MessageNumber
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
