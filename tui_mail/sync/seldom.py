"""What a server is asked for seldom: namespaces, rights and quota, which change seldom."""

from collections.abc import Sequence

from tui_mail.model.mailbox import Mailbox
from tui_mail.model.namespace import Namespace, NamespaceKind
from tui_mail.store.database import Transaction
from tui_mail.store.mailboxes import load_mailboxes
from tui_mail.store.surroundings import (
    apply_namespaces,
    apply_quotas,
    apply_rights,
    forget_asked,
    is_unasked,
    load_namespaces,
    load_quotas,
    note_asked,
    seconds_since_asked,
)
from tui_mail.sync.session import Session

_NAMESPACES = 86_400.0
"""Seconds after which it is asked for again, as those below."""
_RIGHTS = 600.0
_QUOTA = 1_800.0
_ABOUT = {"OVERQUOTA": "quota", "NOPERM": "rights"}
"""What a refusal says is another by now than was told (RFC 5530)."""


def ask_namespaces(session: Session) -> Sequence[Namespace]:
    """Give the namespaces, asked for where the answer is old."""
    database = session.database
    if seconds_since_asked(database, "namespaces") < _NAMESPACES:
        return load_namespaces(database)
    told = session.connection.namespaces()
    with session.pace.transaction() as tx:
        if told is not None:
            apply_namespaces(tx, told)
        note_asked(tx, "namespaces")
    return load_namespaces(database)


def ask_rights_and_room(session: Session) -> None:
    """Ask what may be done in others' mailboxes, and how much room is left."""
    _ask_rights(session)
    # Who has little room makes some, and wants to see it.
    is_near = any(quota.is_near for quota in load_quotas(session.database))
    if is_near or seconds_since_asked(session.database, "quota") >= _QUOTA:
        quotas = session.connection.quotas()
        with session.pace.transaction() as tx:
            apply_quotas(tx, quotas or ())
            note_asked(tx, "quota")


def ask_again(tx: Transaction, code: str) -> None:
    """Have that asked for again which a refusal with this code is about."""
    if code in _ABOUT:
        forget_asked(tx, _ABOUT[code])


def _ask_rights(session: Session) -> None:
    """Ask for the rights where mailboxes are others'; in one's own one has them all."""
    database = session.database
    boxes = [box for box in load_mailboxes(database) if _is_others(box)]
    is_old = seconds_since_asked(database, "rights") >= _RIGHTS
    asked = [box.wire_name for box in boxes if is_old or is_unasked(database, box)]
    if not asked:
        return
    rights = session.connection.my_rights(asked)
    with session.pace.transaction() as tx:
        apply_rights(tx, asked, rights)
        if is_old:
            note_asked(tx, "rights")


def _is_others(box: Mailbox) -> bool:
    own = box.namespace is NamespaceKind.PERSONAL
    return box.selectable and not box.local and not own
