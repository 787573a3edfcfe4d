"""The signature below what one writes (RFC 3676, 4.3)."""

MARK = "-- "


def with_signature(body: str, signature: str) -> str:
    r"""Put a signature below a text, whose last line ends with ``\n``."""
    content = signature.strip("\n").rstrip()
    if not content:
        return body
    first, _, rest = content.partition("\n")
    if first in (MARK, "--"):
        content = rest
    return f"{body}\n{MARK}\n{content}\n"
