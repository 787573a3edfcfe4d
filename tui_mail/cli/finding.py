"""What one check of the doctor found."""

from dataclasses import dataclass

from tui_mail.model.error import LoginRefused, SecretMissing


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; ``remedy`` says what to do where it is not well."""

    account: str | None
    check: str
    well: bool
    detail: str
    remedy: str = ""


def password_missing(account: str, kind: str, error: SecretMissing) -> Finding:
    """Say that there is no password for a server."""
    remedy = "set password_command"
    return Finding(account, f"{kind} password", False, error.line, remedy)


def login_refused(account: str, kind: str, error: LoginRefused) -> Finding:
    """Say that a server did not let us in."""
    remedy = "check username and password"
    return Finding(account, f"{kind} login", False, error.line, remedy)
