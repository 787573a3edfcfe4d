"""The errors of the house; each has one clear line for the person who meets it.

Transports translate what libraries raise into these; the engine decides whether to
retry, ask or report; the screen or the command line shows the line once.
"""

from tui_mail.model.displayable import Displayable, displayable


class MailError(Exception):
    """Something could not be done; its text is one displayable line."""

    def __init__(self, line: str) -> None:
        super().__init__(displayable(line))

    @property
    def line(self) -> Displayable:
        """The sentence to show."""
        return Displayable(str(self.args[0]))


class UsageError(MailError):
    """What was typed cannot be meant: exit status 2."""


class SettingsError(UsageError):
    """The settings hold a mistake; the line names file, line, key and the remedy."""


class QueryError(UsageError):
    """A query holds a mistake; the line names the column, counted from 1."""

    def __init__(self, line: str, column: int) -> None:
        super().__init__(f"column {column}: {line}")
        self.column = column


class LinkLost(MailError):
    """The connection could not be made, broke, or hung; trying again may help."""


class ServerHangs(LinkLost):
    """The server did not answer in time."""


class AnswerLost(LinkLost):
    """All of a message went out, and no answer came: the server may have taken it."""


class HandshakeLost(LinkLost):
    """The encryption could not be begun; trying again may help."""


class CertificateRefused(LinkLost):
    """The server's certificate does not prove who it is."""

    def __init__(self, line: str, *, code: int = 0) -> None:
        """``code``: why, as OpenSSL numbers it; 0 where the ca_file cannot be read."""
        super().__init__(line)
        self.code = code


class LoginRefused(MailError):
    """The server did not take the name and password; asking again is needed."""


class SecretMissing(MailError):
    """No password could be had for an account."""


class ServerRefused(MailError):
    """The server answered NO or BAD.

    ``code`` is the response code without brackets and arguments, upper case
    (RFC 5530), or empty. ``nothing_done``: it is sure that the mailboxes are as they
    were, nothing of what was asked for having been done before the refusal.
    """

    def __init__(self, line: str, code: str = "") -> None:
        super().__init__(line)
        self.code = code
        self.nothing_done = False


class CannotBeSaid(ServerRefused):
    """What is wished cannot be put into words for a server, and was not: ``CANNOT``."""

    def __init__(self, line: str) -> None:
        super().__init__(line, "CANNOT")


class ProtocolError(MailError):
    """The server said something that no server may say; the link is dropped."""


class NoEncryption(ProtocolError):
    """The server does not encrypt, and the settings want it to."""


class NotFound(MailError):
    """A message, mailbox or account of that name is not here."""


class NoWayBack(MailError):
    """An action cannot be undone any more: what it did was changed since."""


class StoreDamaged(MailError):
    """The account's file is damaged beyond what could be opened."""


class StoreFailed(MailError):
    """The account's file could not be read or written: a full disk, missing rights."""


class StoreTooNew(MailError):
    """The account's file was written by a newer version; it is not touched."""


class AccountChanged(MailError):
    """The settings name another server or user than the store was filled from."""


class EngineBusy(MailError):
    """Another process works on this account."""
