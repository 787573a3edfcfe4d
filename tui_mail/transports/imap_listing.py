"""LIST, LSUB and STATUS responses put together to mailboxes (RFC 5258, 5819, 6154)."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from tui_mail.model.error import ProtocolError
from tui_mail.model.mailbox import ListedMailbox, MailboxCounts
from tui_mail.model.mailbox_names import decode_name
from tui_mail.model.namespace import Namespace, NamespaceKind
from tui_mail.model.special_use import with_special_uses
from tui_mail.transports.imap_arguments import Piece, can_be_said, text
from tui_mail.transports.imap_responses import (
    Listed,
    Untagged,
    parse_counts,
    parse_listed,
)
from tui_mail.transports.imap_tokens import Unreadable

_NO_MAIL = (b"#news", b"#ftp", b"#mh")
"""Prefixes below which there are other things than mailboxes, and too many of them."""
_MOST_MAILBOXES = 100_000
_COUNTS = b"STATUS (MESSAGES UNSEEN UIDNEXT UIDVALIDITY%b)"


def elsewhere(namespaces: Sequence[Namespace]) -> list[bytes]:
    """Name where others' mailboxes lie, which the usual listing need not show."""
    return [
        one.prefix
        for one in namespaces
        if one.prefix
        and one.kind is not NamespaceKind.PERSONAL
        and not one.prefix.startswith(_NO_MAIL)
    ]


class Listing:
    """What the server lists; a record that cannot be read loses only itself."""

    def __init__(self, *, extended: bool, namespaces: Sequence[Namespace] = ()) -> None:
        self._extended = extended
        self._namespaces = namespaces
        self._listed: dict[bytes, Listed] = {}
        self._subscribed: set[bytes] = set()
        self._counts: dict[bytes, MailboxCounts] = {}

    def commands(
        self, capabilities: AbstractSet[str], *, at_once: bool
    ) -> list[tuple[Piece, ...]]:
        """Write the commands that ask for all there is; ``at_once``: it is one.

        Only the first has to be answered: the others ask where others' mailboxes lie,
        which it need not show.
        """
        returned = self._returned(capabilities)
        patterns = [text(prefix + b"*") for prefix in elsewhere(self._namespaces)]
        if at_once:
            words = [one for one in patterns if isinstance(one, bytes)]
            all_of_them = b"(%b)" % b" ".join([b'"*"', *words]) if words else b'"*"'
            return [(b"LIST", b'""', all_of_them, *returned)]
        return [(b"LIST", b'""', one, *returned) for one in (b'"*"', *patterns)]

    def _returned(self, capabilities: AbstractSet[str]) -> tuple[bytes, ...]:
        if not self._extended:
            return ()
        wanted = [b"SUBSCRIBED"]
        if "SPECIAL-USE" in capabilities:
            wanted.append(b"SPECIAL-USE")
        if "LIST-STATUS" in capabilities or "IMAP4REV2" in capabilities:
            modseq = b" HIGHESTMODSEQ" if "CONDSTORE" in capabilities else b""
            wanted.append(_COUNTS % modseq)
        return (b"RETURN (%b)" % b" ".join(wanted),)

    def take(self, said: Untagged) -> bool:
        """Take what belongs to it."""
        if said.name not in (b"LIST", b"LSUB", b"STATUS"):
            return False
        try:
            if said.name == b"STATUS":
                name, counts = parse_counts(said.fragments)
                self._counts[_key(name)] = counts
            elif said.name == b"LIST":
                listed = parse_listed(said.fragments)
                self._listed.setdefault(_key(listed.name), listed)
            else:
                self._subscribed.add(_key(parse_listed(said.fragments).name))
        except Unreadable:
            return True
        if len(self._listed) + len(self._counts) > 2 * _MOST_MAILBOXES:
            raise ProtocolError("the server lists more mailboxes than can be")
        return True

    def subscribe_all(self) -> None:
        """Take all for subscribed: the server does not say which are."""
        self._subscribed.update(self._listed)

    def mailboxes(self, *, subscribed_only: bool) -> list[ListedMailbox]:
        """Put them together; with INBOX and special uses in any case."""
        listed = [self._mailbox(one) for one in self._listed.values()]
        found = with_special_uses(listed, self._namespaces)
        if not subscribed_only:
            return found
        return [one for one in found if one.subscribed or one.special_use is not None]

    def _mailbox(self, one: Listed) -> ListedMailbox:
        key = _key(one.name)
        # What the server can never be told the name of can only be seen.
        never = frozenset() if can_be_said(key) else frozenset({"\\noselect"})
        return ListedMailbox(
            wire_name=key,
            name=decode_name(one.name),
            delimiter=one.delimiter,
            attributes=one.attributes | never,
            special_use=None,
            subscribed=(
                "\\subscribed" in one.attributes
                if self._extended
                else key in self._subscribed
            ),
            counts=self._counts.get(key),
        )


def _key(name: bytes) -> bytes:
    """Spell INBOX as one: the server may do so otherwise the next time."""
    return b"INBOX" if name.upper() == b"INBOX" else name
