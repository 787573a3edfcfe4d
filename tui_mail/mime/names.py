"""File names from hostile names."""


def safe_filename(name: str) -> str:
    """Make a name that can only lie in the folder it is saved in; at most 200 octets."""
    raise NotImplementedError
