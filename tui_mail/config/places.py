"""Where things are kept."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

NAME = "tui-mail"


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one user; none needs to exist yet."""

    config: Path
    """Settings and themes."""
    data: Path
    """Mail."""
    state: Path
    """The log."""
    runtime: Path
    """Sockets and opened attachments."""

    @classmethod
    def find(cls) -> "Places":
        """Find the user's folders; ``XDG_*`` is honoured where the system does."""
        return cls(
            config=Path(platformdirs.user_config_dir(NAME, appauthor=False)),
            data=Path(platformdirs.user_data_dir(NAME, appauthor=False)),
            state=Path(platformdirs.user_state_dir(NAME, appauthor=False)),
            runtime=_runtime(),
        )

    def settings_file(self) -> Path:
        """Name the settings file."""
        return self.config / "config.toml"

    def themes(self) -> Path:
        """Name the folder of the user's themes."""
        return self.config / "themes"

    def database(self, account: str) -> Path:
        """Name the account's database."""
        return self.data / f"{account}.db"

    def lock(self, account: str) -> Path:
        """Name the file whose lock the process at work on the account holds."""
        return self.data / f"{account}.lock"

    def socket(self, account: str) -> Path:
        """Name the engine's socket."""
        return self.runtime / f"{account}.socket"

    def log_file(self) -> Path:
        """Name the log."""
        return self.state / "tui-mail.log"


def _runtime() -> Path:
    """Find the runtime folder, or one of this user's own in the temporary folder.

    The name is the same for every process of the user, since they meet in it.
    """
    base = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    usable = base if base.is_dir() else base.parent
    if base.is_absolute() and os.access(usable, os.W_OK):
        return base / NAME
    return Path(tempfile.gettempdir()) / f"{NAME}-{os.getuid()}"


def make_private(path: Path) -> Path:
    """Make the folder, 0700, and hand it back; one that exists is made private.

    Raises PermissionError where it belongs to somebody else.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if status.st_uid != os.getuid() or not path.is_dir() or path.is_symlink():
        raise PermissionError(f"{path} is not a folder of your own")
    if status.st_mode & 0o077:
        path.chmod(0o700)
    return path
