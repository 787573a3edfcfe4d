"""The log: rotated, private, and without secrets or mail."""

import logging
import os
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler

from tui_mail.config.places import Places, make_private
from tui_mail.model.displayable import displayable_lines

LOGGER = "tui_mail"
_LARGEST = 1_000_000
_KEPT = 3


class _PrivateFile(RotatingFileHandler):
    """A rotated file that only its owner can read, from its first octet on."""

    def _open(self) -> TextIOWrapper:
        os.close(os.open(self.baseFilename, os.O_CREAT | os.O_APPEND, 0o600))
        return super()._open()

    def format(self, record: logging.LogRecord) -> str:
        return displayable_lines(super().format(record))


def set_up_log(places: Places, *, verbose: bool) -> logging.Logger:
    """Send the package's log into its file, 0600; more of it with ``verbose``."""
    logger = logging.getLogger(LOGGER)
    for handler in logger.handlers[:]:
        logger.removeHandler(handler)
        handler.close()
    make_private(places.state)
    handler = _PrivateFile(
        places.log_file(), maxBytes=_LARGEST, backupCount=_KEPT, encoding="utf-8"
    )
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    )
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False
    return logger
