"""Settings from their file."""

from pathlib import Path

from tui_mail.config.places import Places
from tui_mail.config.settings import Settings


def load_settings(path: Path | None, places: Places) -> Settings:
    """Read the settings; raises SettingsError."""
    raise NotImplementedError
