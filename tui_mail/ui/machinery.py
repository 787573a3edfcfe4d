"""The parts of the reader that its first paint does without: they are imported after it."""

from typing import TYPE_CHECKING

from tui_mail.ui import look
from tui_mail.ui.bridge import Bridge
from tui_mail.ui.dispatch import Dispatcher
from tui_mail.ui.engines import Engines
from tui_mail.ui.keys import Keys
from tui_mail.ui.reading import Reading
from tui_mail.ui.refreshing import Refreshing
from tui_mail.ui.servers import Servers
from tui_mail.ui.wishes import Wishes

if TYPE_CHECKING:
    from tui_mail.ui.app import MailApp


def build(app: "MailApp") -> None:
    """Give the reader its keys, its reading, its writing, and the way to its engines."""
    app.keys = Keys(app, Dispatcher(app.keymap_of_commands))
    app.reading = Reading(app, rest=look.preview_rest(app.settings.ui))
    app.wishes = Wishes(app)
    app.engines = Engines(app.places, app.settings.path, app.post_message)
    app.servers = Servers(app)
    app.refreshing = Refreshing(app.start)
    app.bridge = Bridge(app.post_message)
