"""The demo's IMAP server: pymap with its dict backend, filled with the sample mail.

Run by the demo as ``python -m tui_mail.demo.server FOLDER``.
"""

import asyncio
from argparse import Namespace

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, DictBackend, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Flag
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from tui_mail.demo.child import HOST, USER, serve
from tui_mail.demo.letter import Letter
from tui_mail.demo.messages import MAILBOXES, letters


class _QuietConfig(Config):
    """A configuration that asks no name server, neither at start nor for a greeting."""

    @property
    def greeting(self) -> bytes:
        return b"tui-mail's demo is ready"


async def start(secret: str) -> asyncio.Server:
    """Start the server on a free loopback port with all sample mail in it."""
    arguments = Namespace(passlib_cfg=None, proxy_protocol=None, inherited_sockets=None)
    config = _QuietConfig(
        arguments,
        host=HOST,
        port=0,
        tls_enabled=False,
        reject_dnsbl=False,
        hash_context=Cleartext(),
        demo_data=False,
        demo_user=USER,
        demo_password=secret,
    )
    config.apply_context()
    login = Login(config)
    login.users_dict[USER] = UserMetadata(config, USER, password=secret)
    config.set_cache[USER] = (await _filled(), FilterSet())
    backend = DictBackend(login, config)
    reader = ProxyProtocolReader(config.proxy_protocol)
    callback = reader.get_callback(IMAPServer(backend.login, config))
    return await asyncio.start_server(callback, host=HOST, port=0)


async def _filled() -> MailboxSet:
    mailboxes = MailboxSet()
    for name in MAILBOXES:
        await mailboxes.add_mailbox(name)
        await mailboxes.set_subscribed(name, True)
    for letter in letters():
        mailbox = await mailboxes.get_mailbox(letter.mailbox)
        await mailbox.append(
            AppendMessage(letter.octets, letter.arrived, _flags(letter))
        )
    return mailboxes


def _flags(letter: Letter) -> frozenset[Flag]:
    words = letter.flags.split()
    return frozenset(Flag(f"\\{word.title()}".encode("ascii")) for word in words)


if __name__ == "__main__":
    serve(start)
