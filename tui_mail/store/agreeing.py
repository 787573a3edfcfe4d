"""What a person agreed that a POP3 server may delete: a changed setting waits for a yes.

Both the reader and ``sync --yes`` say it here; the engine only looks.
"""

from tui_mail.store.database import Transaction
from tui_mail.store.source import Source

NEVER, DOWNLOAD, REMOVED = "never", "download", "removed"


def agreed_policy(source: Source) -> str:
    """Say by which ``delete_after`` mail was pulled last; empty if it never was."""
    [policy] = source.connection.execute("SELECT delete_after FROM account").fetchone()
    return str(policy)


def agree_policy(tx: Transaction, policy: str) -> None:
    """Note that a person agrees to a ``delete_after``."""
    tx.connection.execute("UPDATE account SET delete_after = ?", (policy,))


def needs_yes(source: Source, policy: str) -> bool:
    """Tell whether ``delete_after`` was changed, so that a person has to agree first.

    Not where no mail was pulled yet, nor where nothing is deleted any more.
    """
    [has_mail] = source.connection.execute(
        "SELECT EXISTS (SELECT 1 FROM pop_message WHERE state <> 'coming')"
    ).fetchone()
    return bool(has_mail) and policy not in (NEVER, agreed_policy(source))
