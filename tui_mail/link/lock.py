"""The lock of an account: one process at a time talks to its server."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from tui_mail.config.places import make_private
from tui_mail.model.error import EngineBusy

_PAUSE = 0.05


class AccountLock:
    """A lock that is held; it goes with the process that has it, however that ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(cls, path: Path, *, patience: float = 0.0) -> "AccountLock":
        """Take the lock, waiting at most so many seconds; raises EngineBusy."""
        make_private(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        end = time.monotonic() + patience
        try:
            while not _taken(descriptor):
                if time.monotonic() >= end:
                    raise EngineBusy(f"{path.stem}: another tui-mail is at work on it")
                time.sleep(_PAUSE)
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor)

    def release(self) -> None:
        """Let others have it; again does nothing."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> "AccountLock":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
