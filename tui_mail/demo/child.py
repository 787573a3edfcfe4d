"""What the demo's child processes share: say the port, serve, end with the parent."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

USER = "ann"
SECRET_FILE = "secret"
HOST = "127.0.0.1"

Start = Callable[[str], Awaitable[asyncio.Server]]
"""Starts a server that takes this password."""


def serve(start: Start) -> None:
    """Serve until standard input ends, then remove the demo's folder.

    The parent holds the other end of standard input: however it ends, the child
    notices, and a killed parent leaves neither a process nor a folder.
    """
    folder = Path(sys.argv[1])
    try:
        asyncio.run(_until_orphaned(start, (folder / SECRET_FILE).read_text()))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _until_orphaned(start: Start, secret: str) -> None:
    server = await start(secret)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.close()
