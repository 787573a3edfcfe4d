"""Passwords put into the system's keyring, where there is one."""

from collections.abc import Iterable

from tui_mail.config.secret import SERVICE
from tui_mail.config.settings import Server

_TRUSTED = 1
"""Keyrings below this ask at the terminal, or keep nothing: ``keyring`` says so itself."""


def keep_in_keyring(servers: Iterable[Server], password: str) -> bool:
    """Keep the password for each server; False where there is no keyring that does.

    It may wait for a person to unlock the keyring, so it is not for the event loop.
    """
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return False
    try:
        if keyring.get_keyring().priority < _TRUSTED:
            return False
        for server in servers:
            name = f"{server.username}@{server.host}"
            keyring.set_password(SERVICE, name, password)
            if keyring.get_password(SERVICE, name) != password:
                return False
    except (KeyringError, RuntimeError, OSError):
        return False
    return True
