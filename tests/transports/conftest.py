from collections.abc import Callable, Iterator

import pytest

from tests.servers.dovecot import PASSWORD
from tests.servers.ports import HOST
from tui_mail.config.secret import Secret
from tui_mail.config.settings import Security, Server
from tui_mail.transports.imap import ImapConnection

Connect = Callable[[Server], ImapConnection]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connect to a server; at the end every connection is closed."""
    opened: list[ImapConnection] = []

    def connect(server: Server) -> ImapConnection:
        connection = ImapConnection.connect(server, Secret(PASSWORD), deadline=10)
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        connection.close()


Reach = Callable[[int], ImapConnection]


@pytest.fixture
def reach(connect: Connect) -> Reach:
    """Connect to a scripted server by its port, in the clear, as ``ann``."""
    return lambda port: connect(clear(port))


def clear(port: int) -> Server:
    return Server(host=HOST, port=port, security=Security.NONE, username="ann")
