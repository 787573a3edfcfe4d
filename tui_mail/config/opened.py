"""A file or folder of mail in the place of an account."""

from dataclasses import dataclass
from pathlib import Path

from tui_mail.config.settings import Account
from tui_mail.model.displayable import displayable
from tui_mail.model.ids import MessageNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedAccount(Account):
    """What ``tui-mail open`` reads. No settings file has it."""

    path: Path
    """The file or folder. Nothing in it is ever changed."""
    engine: tuple[str, ...]
    """The command of the process that reads it for the screen."""
    only: MessageNumber | None = None
    """The message, where it is but one: it is shown at once."""

    @property
    def kind(self) -> str:
        """Say ``file``."""
        return "file"

    @property
    def identity(self) -> tuple[str, str, str]:
        """What its store was filled from."""
        return ("file", "", str(displayable(str(self.path))))

    @property
    def own_hosts(self) -> tuple[str, ...]:
        """No host: anybody may have written what stands in a file."""
        return ()
