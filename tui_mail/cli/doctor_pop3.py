"""What a POP3 server can do, what follows from what it cannot, and what goes from it."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tui_mail.cli.finding import Finding
from tui_mail.cli.values import counted
from tui_mail.config.settings import PopServer
from tui_mail.model.error import MailError
from tui_mail.store.agreeing import agreed_policy, needs_yes
from tui_mail.store.database import Database
from tui_mail.transports.pop3 import PopConnection

_WITHOUT: Mapping[str, str] = {
    "PIPELINING": "messages are asked for one by one, which is slow far away",
    "TOP": "nothing follows: messages come whole anyway",
    "UIDL": "all of it is fetched each time, to see what is new",
}
"""What we use, and what follows where it is not announced (RFC 2449)."""
_AFTER: Mapping[str, str] = {
    "never": "mail stays on the server",
    "download": "mail goes from the server once it is here whole, and was read back",
    "removed": "mail goes from the server once it is deleted here for ever",
}


def look_around(
    account: str, server: PopServer, connection: PopConnection
) -> Iterator[Finding]:
    """Say what the server can do and what it has; the connection is closed at the end."""
    yield Finding(account, "pop3 login", True, server.username)
    try:
        yield from _abilities(account, connection)
        yield _mailbox(account, connection)
    finally:
        connection.quit()
    yield Finding(account, "pop3 delete_after", True, _policy(server))
    if server.mirror:
        yield _mirror(account, Path(server.mirror))


def _abilities(account: str, connection: PopConnection) -> Iterator[Finding]:
    can = connection.capabilities
    said = " ".join(sorted(can)) or "none: the server does not know CAPA"
    yield Finding(account, "pop3 capabilities", True, said)
    missing = [f"{name} ({_WITHOUT[name]})" for name in _WITHOUT if name not in can]
    detail = f"{len(_WITHOUT) - len(missing)} of {len(_WITHOUT)} announced"
    if missing:
        detail = f"{detail}; missing: {'; '.join(missing)}"
    yield Finding(account, "pop3 extensions", True, detail)


def _mailbox(account: str, connection: PopConnection) -> Finding:
    """Say what there is, and whether it can be known again."""
    try:
        listing = connection.list_messages()
    except MailError as error:
        remedy = "the link broke; try again"
        return Finding(account, "pop3 mailbox", False, error.line, remedy)
    messages = listing.messages
    octets = sum(one.size for one in messages)
    detail = f"{counted(len(messages))}, {octets:,} octets"
    if listing.trouble:
        detail = f"{detail}; {listing.trouble}: {_WITHOUT['UIDL']}"
    elif any(one.uidl is None for one in messages):
        detail = f"{detail}; without UIDL: {_WITHOUT['UIDL']}"
    return Finding(account, "pop3 mailbox", True, detail)


def _policy(server: PopServer) -> str:
    days = server.delete_after_days
    said = _AFTER.get(server.delete_after)
    said = (
        said or f"mail goes from the server {counted(days or 0, 'day')} after it came"
    )
    return f"{server.delete_after}: {said}"


def agreement(account: str, server: PopServer, database: Database) -> Iterator[Finding]:
    """Say what waits for a person's yes."""
    if needs_yes(database, server.delete_after):
        before = agreed_policy(database) or "never"
        said = f'was "{before}": nothing is deleted there until you say yes'
        remedy = f"say it in the reader, or by tui-mail sync --yes {account}"
        yield Finding(account, "pop3 change of delete_after", True, said, remedy)


def _mirror(account: str, path: Path) -> Finding:
    """Say whether new messages can be put into the Maildir."""
    check = "pop3 mirror"
    remedy = "name a Maildir that you may write to, or a place for a new one"
    if not path.exists():
        above = next(each for each in path.parents if each.exists())
        well = above.is_dir() and os.access(above, os.W_OK)
        said = f"{path}: it is made with the first message"
        if not well:
            said = f"{path}: it cannot be made in {above}"
        return Finding(account, check, well, said, "" if well else remedy)
    parts = [path / part for part in ("cur", "new", "tmp")]
    if not all(part.is_dir() for part in parts):
        if path.is_dir() and not any(path.iterdir()):
            return Finding(account, check, True, f"{path}: empty yet")
        return Finding(account, check, False, f"{path}: this is no Maildir", remedy)
    if not all(os.access(part, os.W_OK) for part in parts):
        return Finding(account, check, False, f"{path}: not to be written to", remedy)
    return Finding(account, check, True, f"{path}: gets each new message too")
