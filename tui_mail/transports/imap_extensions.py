"""The extensions of IMAP that are used where they are announced, and what for."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extension:
    """What a server may announce."""

    name: str
    """As it is announced; several that serve the same purpose with a space between."""
    purpose: str

    def is_in(self, capabilities: AbstractSet[str]) -> bool:
        """Whether a server announces it, with or without a value, or one of several."""
        names = self.name.split()
        said = {one.partition("=")[0] for one in capabilities} | capabilities
        return not said.isdisjoint(names)


EXTENSIONS = (
    Extension("QRESYNC", "all that changed comes with SELECT"),
    Extension("CONDSTORE", "only flags that changed are fetched"),
    Extension("ENABLE", "switches QRESYNC on"),
    Extension("IDLE", "news comes at once"),
    Extension("LIST-EXTENDED", "the mailboxes and what is subscribed in one answer"),
    Extension("LIST-STATUS", "their counts in the same answer"),
    Extension("SPECIAL-USE", "which mailbox is for what"),
    Extension("NAMESPACE", "where one's own and others' mailboxes lie"),
    Extension("ACL", "what may be done in others' mailboxes"),
    Extension("QUOTA", "how much room is left"),
    Extension("UIDPLUS", "deletes these messages and no others; where copies lie"),
    Extension("MOVE", "moves in one step"),
    Extension("ESEARCH", "short answers about many messages"),
    Extension("OBJECTID X-GM-EXT-1", "knows a message again that others moved"),
    Extension("LITERAL+ LITERAL-", "texts without a wait before each"),
    Extension("APPENDLIMIT", "what is too large for the server is not sent at all"),
    Extension("SASL-IR", "a login with one answer less to wait for"),
    Extension("COMPRESS=DEFLATE", "fewer octets"),
    Extension("ID", "names of programs, for the log"),
)
