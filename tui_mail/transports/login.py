"""What the logins of all protocols have in common: a second way, and how a no is said."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from tui_mail.config.secret import Secret
from tui_mail.config.settings import Server
from tui_mail.model.error import LinkLost, LoginRefused
from tui_mail.transports.sasl import CramMd5, Mechanism, Scram

_T = TypeVar("_T")
Way = tuple[bool, Callable[[], _T]]
"""Whether it only proves that the password is known; and what is done, which raises
LoginRefused."""


def only_proves(mechanism: type[Mechanism]) -> bool:
    """Tell whether a mechanism does not tell the password itself."""
    return issubclass(mechanism, (Scram, CramMd5))


def log_in_by(ways: Sequence[Way[_T]]) -> _T:
    """Log in by the first way; where that is refused, once by the best of the other kind.

    A server may keep a password in a form that does not serve for a proof, or announce
    what it does not let in. Raises LoginRefused as the first way was refused.
    """
    (proves, way), *others = ways
    try:
        return way()
    except LoginRefused as refused:
        second = next((other for kind, other in others if kind != proves), None)
        if second is None:
            raise
        try:
            return second()
        except (LoginRefused, LinkLost):
            # One that hangs up after a refusal has had its say.
            raise refused from None


def refusal(server: Server, secret: Secret, said: str) -> str:
    """Say that a login was refused; a server that repeats the secret is not quoted so."""
    word = secret.reveal()
    said = said.replace(word, "…") if word else said
    line = f"{server.host} refused the login of {server.username}"
    return f"{line}: {said}" if said else line
