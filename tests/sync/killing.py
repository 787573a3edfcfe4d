"""Real engines, killed at a commit: processes of ``tui-mail sync``, one after the other.

The one who kills has everything imported already and forks: an engine then costs what
it does, not what Python needs to start.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tui_mail.store.database import Database, Transaction

ROOT = Path(__file__).parents[2]
_KILLS = (-signal.SIGKILL, -signal.SIGALRM)


class Killer:
    """A process that starts engines and has them killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sync.killing"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def sync(
        self,
        environment: Mapping[str, str],
        commits: int | None,
        *,
        seconds: float | None = None,
    ) -> bool:
        """Synchronize ``work`` until so many commits were made; True if it was killed.

        The engine dies with the next one begun and not committed, or after so many
        seconds. Where it needs fewer it ends by itself.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(
            json.dumps([dict(environment), commits, seconds]), file=self._process.stdin
        )
        self._process.stdin.flush()
        return int(self._process.stdout.readline()) in _KILLS

    def close(self) -> None:
        self._process.communicate()


def _obey() -> None:
    import tui_mail.cli.sync
    import tui_mail.sync.engine  # noqa: F401 - imported for those who are forked

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _be_killed(*json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _be_killed(
    environment: Mapping[str, str], commits: int | None, seconds: float | None
) -> None:
    from tui_mail.__main__ import main

    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    if seconds is not None:
        # Nothing of Python runs after this signal: it is as good as the other.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
    true, left = Database.transaction, iter(range(commits or 0))

    @contextmanager
    def transaction(database: Database) -> Iterator[Transaction]:
        with true(database) as tx:
            yield tx
            if commits is not None and next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

    Database.transaction = transaction  # type: ignore[method-assign, assignment]
    os._exit(main(["sync", "work"]))


if __name__ == "__main__":
    _obey()
