"""The set-up's attempt against a real server: which step failed, and which field it is."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.submission import submission
from tui_mail.config.settings import Account
from tui_mail.ui.screens.new_account import Fields, make_account
from tui_mail.ui.trying import try_login


def account(
    port: int, host: str = "127.0.0.1", security: str = "none", kind: str = "imap"
) -> Account:
    server: dict[str, str | int] = {
        "host": host,
        "port": port,
        "security": security,
        "username": "ann",
    }
    fields: Fields = {"address": "ann@corp.example", kind: {**server}}
    return make_account(Path("config.toml"), "corp", fields)


@pytest.mark.dovecot
async def test_a_login_that_works_is_no_refusal_and_no_argument_tells_the_password(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    start = asyncio.create_subprocess_exec

    async def noted(*arguments: str, **rest: Any) -> asyncio.subprocess.Process:
        started.extend(arguments)
        return await start(*arguments, **rest)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    assert await try_login(account(dovecot.port), PASSWORD) is None
    assert "doctor" in started
    assert PASSWORD not in "".join(map(str, started))


@pytest.mark.dovecot
async def test_a_wrong_password_is_the_passwords_field(dovecot: Dovecot) -> None:
    refused = await try_login(account(dovecot.port), 'wrong "\\ one')
    assert refused is not None
    assert refused.field == "password"
    assert refused.line.startswith("Login failed: 127.0.0.1 refused the login of ann")


@pytest.mark.dovecot
async def test_pop3_is_tried_as_imap_is(dovecot: Dovecot) -> None:
    _, port = dovecot.pop3("ann")
    assert await try_login(account(port, kind="pop3"), PASSWORD) is None
    refused = await try_login(account(port, kind="pop3"), "wrong")
    assert refused is not None
    assert refused.field == "password"
    refused = await try_login(account(dovecot.port, kind="pop3"), PASSWORD)
    assert refused is not None
    assert refused.field == "pop3.port"
    assert refused.line.startswith("Greeting failed: ")


@pytest.mark.dovecot
async def test_the_server_for_sending_is_tried_after_the_one_for_reading(
    dovecot: Dovecot,
) -> None:
    reading = account(dovecot.port)
    with submission(users={"ann": PASSWORD}) as server:
        sending = server.server(username="ann")
        assert await try_login(replace(reading, smtp=sending), PASSWORD) is None
        assert server.mechanisms == ["PLAIN"]
        refused = await try_login(replace(reading, smtp=sending), "wrong")
        assert refused is not None
        assert refused.field == "password"
        assert server.mechanisms == ["PLAIN"]
        other = replace(sending, username="bob")
        refused = await try_login(replace(reading, smtp=other), PASSWORD)
    assert refused is not None
    assert refused.field == "smtp.username"
    assert refused.line.startswith("Outgoing mail: Login failed: ")


async def test_an_unknown_host_is_the_hosts_field() -> None:
    refused = await try_login(account(993, "no.such.host.invalid", "tls"), "x")
    assert refused is not None
    assert refused.field == "imap.host"
    assert "Name lookup failed: no.such.host.invalid" in refused.line


async def test_a_closed_port_is_the_ports_field() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        refused = await try_login(account(closed.getsockname()[1]), "x")
    assert refused is not None
    assert refused.field == "imap.port"
    assert "Connection refused" in refused.line


@pytest.mark.dovecot
async def test_a_certificate_nobody_vouches_for_is_said(dovecot: Dovecot) -> None:
    refused = await try_login(account(dovecot.port, security="starttls"), PASSWORD)
    assert refused is not None
    assert refused.field == "imap.security"
    assert "certificate of 127.0.0.1" in refused.line
    assert "ca_file" in refused.line


@pytest.mark.dovecot
async def test_tls_where_there_is_none_is_said(dovecot: Dovecot) -> None:
    refused = await try_login(account(dovecot.port, security="tls"), PASSWORD)
    assert refused is not None
    assert refused.line.startswith("TLS failed: no TLS with 127.0.0.1")
