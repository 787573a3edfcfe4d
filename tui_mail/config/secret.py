"""Passwords and tokens: where they come from, and how they stay out of sight."""

import atexit
import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator

from tui_mail.config.settings import Account, Server
from tui_mail.model.displayable import displayable
from tui_mail.model.error import SecretMissing

SERVICE = "tui-mail"
"""The name under which the system's keyring keeps our passwords."""


class Secret:
    """A password or a token; it is seen only where ``reveal`` is called."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Hand out the secret itself, to be given to a server and to nobody else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not pickled")


def find_secret(
    account: Account,
    server: Server,
    *,
    ask: Callable[[str], str] | None,
    deadline: float = 60.0,
) -> Secret:
    """Find the secret of a server: settings, command, keyring, then ``ask``.

    ``ask`` is given the question and returns what was typed; empty gives up. Raises
    SecretMissing with the remedy; ``deadline`` in seconds is that of the command.
    """
    if server.password_command:
        return Secret(run_password_command(server.password_command, deadline=deadline))
    if server.password:
        return Secret(server.password)
    kept = _from_keyring(server)
    if kept:
        return Secret(kept)
    typed = ask(f"Password of {server.username} at {server.host}: ") if ask else ""
    if not typed:
        raise SecretMissing(
            f"{account.name}: no password for {server.username} at {server.host}; "
            "set password_command in the settings"
        )
    return Secret(typed)


def run_password_command(command: str, *, deadline: float) -> str:
    """Run the command, without a terminal, and take the first line of its output.

    It has a session of its own, so that a pinentry cannot draw over the screen and
    nothing of it outlives the deadline. Raises SecretMissing.
    """
    try:
        arguments = [os.path.expanduser(word) for word in shlex.split(command)]  # noqa: PTH111 - words, not paths
        child = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (ValueError, IndexError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SecretMissing(f"password_command could not be run: {reason}") from None
    with child, _noted(child):
        try:
            output, complaint = child.communicate(timeout=deadline)
        except subprocess.TimeoutExpired:
            _end(child)
            raise SecretMissing(
                f"password_command gave no answer within {deadline:g} s"
            ) from None
        except BaseException:
            _end(child)
            raise
    if child.returncode != 0:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:]
        why = f": {displayable(last[0])[:200]}" if last else ""
        raise SecretMissing(f"password_command failed ({child.returncode}){why}")
    first = output.decode(errors="surrogateescape").split("\n", 1)[0].rstrip("\r")
    if not first:
        raise SecretMissing("password_command printed nothing")
    return first


@contextlib.contextmanager
def _noted(child: subprocess.Popen[bytes]) -> Iterator[None]:
    """Have the command ended with the program, if it still runs then."""

    def end() -> None:
        if child.poll() is None:
            _kill(child)

    atexit.register(end)
    try:
        yield
    finally:
        atexit.unregister(end)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Kill the command with all that it started."""
    _kill(child)
    child.communicate()


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _from_keyring(server: Server) -> str | None:
    """Ask the system's keyring, if there is one; one that is broken has nothing."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        found = keyring.get_password(SERVICE, f"{server.username}@{server.host}")
    except (KeyringError, RuntimeError, OSError):
        return None
    return found if isinstance(found, str) else None
