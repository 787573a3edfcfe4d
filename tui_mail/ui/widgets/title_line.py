"""The title of a pane: what it shows and how much, and in which order."""

from tui_mail.ui.widgets.status_line import StatusLine


class TitleLine(StatusLine):
    """One row above a list: ``Inbox · 3 unread of 1,204`` and ``newest first``."""

    DEFAULT_CSS = """
    TitleLine {
        height: 1;
        background: $background;
        color: $foreground;
        text-style: bold;
        & > .status--dim { color: $foreground-muted; text-style: not bold; }
        &:ansi { text-style: bold; }
        &:ansi > .status--dim { text-style: dim not bold; }
    }
    """
