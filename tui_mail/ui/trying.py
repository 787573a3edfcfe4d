"""A new account's servers tried before anything is saved: ``doctor`` does it, in a child.

The screen never talks to a server. The settings, the password in them, go to the child
through a pipe: neither an argument nor a file has them.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from tui_mail.config.settings import Account, Server
from tui_mail.config.writing import Fields, account_text
from tui_mail.model.displayable import Displayable, displayable, own

_DEADLINE = 60.0
"""Seconds after which nothing more is expected; each step has a shorter one."""

_FIELDS: Mapping[str, tuple[str, str]] = {
    "name lookup": ("host", "is not found"),
    "TCP": ("port", "no answer there"),
    "TLS": ("security", "no encryption that can be trusted"),
    "greeting": ("port", "not this port with this security"),
    "login": ("password", "was refused"),
}
"""Which field each step is about, mostly of the server's, and what is wrong with it."""
_WITH_REMEDY = ("TLS", "mailbox")
"""Steps of which a person has to know more than what is wrong."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The step that failed, in one line, and the field to look at first."""

    line: Displayable
    field: str = ""
    mistake: Displayable = Displayable("")


async def try_login(account: Account, password: str) -> Refusal | None:
    """Connect and log in as the engine will, to read and to send; None if it worked."""
    for kind, server in ((account.kind, account.incoming), ("smtp", account.smtp)):
        if server is not None:
            refusal = await _try(account, kind, server, password)
            if refusal is not None:
                return refusal
    return None


async def _try(
    account: Account, kind: str, server: Server, password: str
) -> Refusal | None:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tui_mail", "--config", "/dev/stdin"),
        *("doctor", account.name, "--json"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        settings = _settings(account, kind, server, password)
        said, _ = await asyncio.wait_for(child.communicate(settings), _DEADLINE)
    except TimeoutError:
        return Refusal(own(f"No answer within {_DEADLINE:g} s"))
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return _read(said, kind)


def _settings(account: Account, kind: str, server: Server, password: str) -> bytes:
    """Write what is needed to try one of the servers."""
    fields: Fields = {
        "address": account.address,
        "password": password,
        kind: {
            "host": server.host,
            "port": server.port,
            "security": server.security.value,
            "username": server.username,
        },
    }
    return account_text(account.name, fields).encode()


def _read(said: bytes, kind: str) -> Refusal | None:
    findings = [json.loads(line) for line in said.splitlines()]
    steps = [each for each in findings if each["check"].startswith(f"{kind} ")]
    if not steps:
        return Refusal(own("The server could not be tried; tui-mail doctor says more."))
    last = steps[-1]
    if last["ok"]:
        return None
    step = last["check"].removeprefix(f"{kind} ")
    remedy = f"; {last['remedy']}" if step in _WITH_REMEDY else ""
    line = f"{step[0].upper()}{step[1:]} failed: {last['detail']}{remedy}"
    field, mistake = _FIELDS.get(step, ("", ""))
    if kind == "smtp":
        line = f"Outgoing mail: {line}"
        # The password was good enough to read.
        field = "username" if field == "password" else field
    if field not in ("", "password"):
        field = f"{kind}.{field}"
    return Refusal(displayable(line), field, own(mistake))
