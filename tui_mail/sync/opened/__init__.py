"""Files of other programs read in the place of a server: ``tui-mail open``."""
