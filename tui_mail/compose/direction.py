"""Direction marks in what others wrote, which a person sees by their names."""

import re

_NAMED = re.compile("‹(?:ALM|LRM|RLM|LRE|RLE|PDF|LRO|RLO|LRI|RLI|FSI|PDI)›")


def without_directions(text: str) -> str:
    """Leave out the names of direction marks; they are for reading, not for sending on.

    The marks themselves do not come back: whatever text has them can turn what stands
    beside it around.
    """
    return _NAMED.sub("", text)
