import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings

from tests.servers import dovecot as dovecot_server
from tests.servers import pymap as pymap_server
from tests.servers.dovecot import Dovecot, Options
from tests.servers.pymap import Pymap
from tui_mail.config.logs import LOGGER

# The pictures of the screen are those of a terminal with UTF-8, whatever this one has.
os.environ["LC_ALL"] = "C.UTF-8"

# How long an example takes says more of the machine than of what is tested.
settings.register_profile("without a deadline", deadline=None)
settings.load_profile("without a deadline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if dovecot_server.installed() or os.environ.get("TUI_MAIL_REQUIRE_DOVECOT") == "1":
        return
    for item in items:
        if item.get_closest_marker("dovecot"):
            item.add_marker(pytest.mark.skip(reason="Dovecot is not installed"))


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Take back what a command in this process has made of the log."""
    logger = logging.getLogger(LOGGER)
    level, propagate, handlers = logger.level, logger.propagate, logger.handlers[:]
    yield
    for handler in set(logger.handlers) - set(handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(level)
    logger.propagate = propagate


@pytest.fixture(scope="session")
def dovecots() -> Iterator[Callable[[Options], Dovecot]]:
    """Start Dovecots with options, each once a session; mark its test ``dovecot``."""
    started: dict[Options, Dovecot] = {}
    with ExitStack() as stack:

        def start(options: Options) -> Dovecot:
            if options not in started:
                running = dovecot_server.running(options)
                started[options] = stack.enter_context(running)
            return started[options]

        yield start


@pytest.fixture(scope="session")
def dovecot(dovecots: Callable[[Options], Dovecot]) -> Dovecot:
    """The usual Dovecot; mark its test ``dovecot`` and take a ``fresh_user()``."""
    return dovecots(Options())


@pytest.fixture(scope="session")
def pymap() -> Iterator[Pymap]:
    with pymap_server.running() as running:
        yield running
