import logging
import stat

from tui_mail.config.logs import set_up_log
from tui_mail.config.places import Places


def test_the_log_is_private_and_holds_no_control_characters(places: Places) -> None:
    logger = set_up_log(places, verbose=False)
    logging.getLogger("tui_mail.transports").info("server said \x1b[2J\r\nX")
    logger.debug("not this")
    for handler in logger.handlers[:]:
        handler.close()
        logger.removeHandler(handler)
    text = places.log_file().read_text()
    assert "server said ␛[2J\nX" in text
    assert "not this" not in text
    assert stat.S_IMODE(places.log_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(places.state.stat().st_mode) == 0o700
