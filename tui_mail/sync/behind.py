"""Writing behind the fetching: while one slice goes into the store the next comes in.

SQLite works without the interpreter's lock, and the server works meanwhile.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType


class Behind:
    """One thread that makes changes in order; at most one waits while another is made."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="writing")
        self._last: Future[None] | None = None

    def do(self, change: Callable[[], None]) -> None:
        """Have a change made after those before it; raises what the last one raised."""
        self.wait()
        self._last = self._executor.submit(change)

    def wait(self) -> None:
        """Wait until all is made; raises what the last change raised."""
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def __enter__(self) -> "Behind":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._executor.shutdown()
        if kind is None:
            self.wait()
