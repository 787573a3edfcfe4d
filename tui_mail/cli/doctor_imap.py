"""What an IMAP server can do, how it names mailboxes, and how much room there is."""

from collections.abc import Iterator, Sequence

from tui_mail.cli.finding import Finding
from tui_mail.config.settings import Server
from tui_mail.model.displayable import displayable
from tui_mail.model.error import MailError
from tui_mail.model.mailbox_names import decode_name
from tui_mail.model.namespace import Namespace
from tui_mail.transports.imap import ImapConnection
from tui_mail.transports.imap_extensions import EXTENSIONS


def look_around(
    account: str, server: Server, connection: ImapConnection
) -> Iterator[Finding]:
    """Say what the server can do and how much room there is; then leave."""
    yield Finding(account, "imap login", True, server.username)
    can = connection.capabilities
    yield Finding(account, "imap capabilities", True, " ".join(sorted(can)))
    missing = [one.name for one in EXTENSIONS if not one.is_in(can)]
    detail = f"{len(EXTENSIONS) - len(missing)} of {len(EXTENSIONS)} in use"
    if missing:
        detail = f"{detail}; not offered: {', '.join(missing)}"
    yield Finding(account, "imap extensions", True, detail)
    try:
        namespaces = connection.namespaces()
        quotas = connection.quotas() or ()
    except MailError as error:
        remedy = "the link broke; try again"
        yield Finding(account, "imap namespaces", False, error.line, remedy)
        connection.logout()
        return
    if namespaces:
        yield Finding(account, "imap namespaces", True, _in_words(namespaces))
    for quota in quotas:
        remedy = "delete for ever what is not needed" if quota.is_near else ""
        well = quota.percent < 100
        yield Finding(account, "imap quota", well, quota.in_words, remedy)
    connection.logout()


def _in_words(namespaces: Sequence[Namespace]) -> str:
    return ", ".join(
        f"{one.kind.value} {displayable(decode_name(one.prefix)) or 'at the top'}"
        for one in namespaces
    )
