"""What a person agreed that a POP3 server may delete: a changed setting waits for a yes.

Both the reader and ``sync --yes`` say it here; the engine only looks.
"""

import re

from tui_mail.store.database import Transaction
from tui_mail.store.source import Source

NEVER, DOWNLOAD, REMOVED = "never", "download", "removed"
_DAYS = re.compile(r"(\d+) days?")


def agreed_policy(source: Source) -> str:
    """Say by which ``delete_after`` mail was pulled last; empty if it never was."""
    [policy] = source.connection.execute("SELECT delete_after FROM account").fetchone()
    return str(policy)


def agree_policy(tx: Transaction, policy: str) -> None:
    """Note that a person agrees to a ``delete_after``."""
    tx.connection.execute("UPDATE account SET delete_after = ?", (policy,))


def needs_yes(source: Source, policy: str) -> bool:
    """Tell whether ``delete_after`` was changed so that a person has to agree first.

    Not where no mail was pulled yet, nor where nothing goes sooner than was agreed.
    """
    [has_mail] = source.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM pop_message WHERE state <> 'coming')"
    ).fetchone()
    return bool(has_mail) and not is_milder(policy, agreed_policy(source) or NEVER)


def is_milder(policy: str, agreed: str) -> bool:
    """Tell whether nothing goes by one ``delete_after`` sooner than by the other."""
    if policy in (agreed, NEVER) or agreed == DOWNLOAD:
        return True
    days, before = _DAYS.fullmatch(policy), _DAYS.fullmatch(agreed)
    return days is not None and before is not None and int(days[1]) >= int(before[1])
