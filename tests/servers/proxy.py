"""A TCP proxy on the loopback that delays, cuts, swallows, and masks capabilities."""

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.servers.ports import HOST

_ANNOUNCED = re.compile(rb"(\* CAPABILITY|[^ ]+ OK \[CAPABILITY) ([^]\r\n]*)")


@dataclass(slots=True)
class Proxy:
    """A running proxy; what its attributes say holds from the next octets on."""

    port: int
    latency: float = 0.0
    """Seconds that octets take in each direction, however many are under way."""
    rate: float = 0.0
    """Octets a second that pass in each direction of a connection; 0: as many as come."""
    cut_down: int | None = None
    """Octets from the server after which a new connection is cut; None: never."""
    cut_up: int | None = None
    """The same for octets from the client."""
    swallow: bool = False
    """Nothing comes through any more, and nobody is told."""
    masked: frozenset[bytes] = frozenset()
    """Capabilities that a new connection does not hear the server announce."""
    refuse: bool = False
    """New connections are closed at once."""
    octets_down: int = 0
    """All that was passed on to clients."""
    octets_up: int = 0
    cuts: int = 0
    """Connections that were cut at their octet."""
    connections: int = 0
    sent_up: list[bytes] = field(default_factory=list)
    """What clients said, piece by piece, in the order it was passed on."""
    _cut: threading.Event = field(default_factory=threading.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop | None = None

    def cut(self) -> None:
        """Cut all connections that there are."""
        done = threading.Event()

        def abort_all() -> None:
            for writer in self._writers:
                writer.transport.abort()
            done.set()

        assert self._loop is not None
        self._loop.call_soon_threadsafe(abort_all)
        assert done.wait(10)


@contextlib.contextmanager
def proxied(target: int, *, host: str = HOST) -> Iterator[Proxy]:
    """Run a proxy to a port in a thread of its own."""
    with socket.create_server((HOST, 0)) as listener:
        proxy = Proxy(listener.getsockname()[1])
        stop: asyncio.Future[None] | None = None
        ready = threading.Event()

        async def serve() -> None:
            nonlocal stop
            proxy._loop = asyncio.get_running_loop()
            stop = proxy._loop.create_future()
            server = await asyncio.start_server(
                lambda reader, writer: _join(proxy, (host, target), reader, writer),
                sock=listener,
            )
            ready.set()
            await stop
            server.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        thread = threading.Thread(target=lambda: asyncio.run(serve()), name="proxy")
        thread.start()
        try:
            assert ready.wait(10)
            yield proxy
        finally:
            if proxy._loop is not None and stop is not None:
                proxy._loop.call_soon_threadsafe(stop.set_result, None)
            thread.join()


async def _join(
    proxy: Proxy,
    target: tuple[str, int],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    proxy.connections += 1
    ends = [writer]
    try:
        if proxy.refuse:
            return
        far_reader, far_writer = await asyncio.open_connection(*target)
        ends.append(far_writer)
        proxy._writers.update(ends)
        down = asyncio.create_task(
            _pass_on(proxy, far_reader, writer, proxy.cut_down, up=False)
        )
        up = asyncio.create_task(
            _pass_on(proxy, reader, far_writer, proxy.cut_up, up=True)
        )
        try:
            await asyncio.wait((down, up), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (down, up):
                task.cancel()
            await asyncio.gather(down, up, return_exceptions=True)
    except (OSError, asyncio.CancelledError):
        # Cancelled when the proxy ends: asyncio would print it.
        return
    finally:
        proxy._writers.difference_update(ends)
        for one in ends:
            one.transport.abort()


async def _pass_on(
    proxy: Proxy,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    limit: int | None,
    *,
    up: bool,
) -> None:
    """Pass octets on until one side ends or the limit is met."""
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    reading = asyncio.create_task(_read(proxy, reader, under_way))
    clock = asyncio.get_running_loop().time
    masked, kept = frozenset() if up else proxy.masked, b""
    try:
        while True:
            due, octets = await under_way.get()
            if due > clock():
                await asyncio.sleep(due - clock())
            if not octets:
                return
            if proxy.swallow:
                continue
            if masked:
                whole, end, kept = (kept + octets).rpartition(b"\n")
                octets = _masked(whole + end, masked)
            if limit is not None:
                octets = octets[:limit]
                limit -= len(octets)
            writer.write(octets)
            _count(proxy, octets, up=up)
            await writer.drain()
            if proxy.rate:
                await asyncio.sleep(len(octets) / proxy.rate)
            if limit == 0:
                proxy.cuts += 1
                return
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def _masked(lines: bytes, names: frozenset[bytes]) -> bytes:
    """Take capabilities out of greetings and answers."""

    def fewer(match: re.Match[bytes]) -> bytes:
        left = [name for name in match[2].split() if name not in names]
        return b" ".join([match[1], *left])

    return _ANNOUNCED.sub(fewer, lines)


async def _read(
    proxy: Proxy,
    reader: asyncio.StreamReader,
    under_way: asyncio.Queue[tuple[float, bytes]],
) -> None:
    clock = asyncio.get_running_loop().time
    octets = b"-"
    while octets:
        try:
            octets = await reader.read(65536)
        except OSError:
            octets = b""
        await under_way.put((clock() + proxy.latency, octets))


def _count(proxy: Proxy, octets: bytes, *, up: bool) -> None:
    if up:
        proxy.octets_up += len(octets)
        proxy.sent_up.append(octets)
    else:
        proxy.octets_down += len(octets)
