"""Parameters of Content-Type and Content-Disposition (RFC 2045, 5.1; RFC 2231)."""

import re
from urllib.parse import quote

_SECTION = 50
"""Characters of a section of a long value (RFC 2231, 3)."""
_PLAIN = re.compile(r"[\w !#$%&'()*+,./:;<=>@\[\]^`{|}~-]{1,60}", re.ASCII)


def is_plain_value(value: str) -> bool:
    """Tell whether a value can stand in quotes as it is."""
    return _PLAIN.fullmatch(value) is not None


def parameter(name: str, value: str) -> list[str]:
    """Write a parameter: in quotes, or in sections; nothing where it is empty."""
    if not value:
        return []
    if is_plain_value(value):
        return [f'{name}="{value}"']
    sections = ["utf-8''"]
    for character in value:
        coded = quote(character, safe="", errors="replace")
        if len(sections[-1]) + len(coded) > _SECTION:
            sections.append("")
        sections[-1] += coded
    if len(sections) == 1:
        return [f"{name}*={sections[0]}"]
    return [f"{name}*{at}*={section}" for at, section in enumerate(sections)]


def ended(*parameters: str) -> list[str]:
    """Put a semicolon behind each but the last."""
    return [*(f"{one};" for one in parameters[:-1]), parameters[-1]]
