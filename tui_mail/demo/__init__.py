"""An embedded mail server with a sample mailbox, to try the reader without an account.

``running`` starts everything on free loopback ports in a temporary folder and takes
all of it away again. The mail is dated, so the demo has a clock of its own.
"""

from tui_mail.demo.clock import NOW, clock
from tui_mail.demo.place import DemoPlace, running

__all__ = ["NOW", "DemoPlace", "clock", "running"]
