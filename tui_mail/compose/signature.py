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


def signed_anew(body: str, before: str, after: str) -> str:
    """Put another signature in the place of the one that was put below a text.

    One that was changed since stays.
    """
    old = with_signature("", before)
    if not body.endswith(old):
        return body
    kept = body.removesuffix(old)
    return with_signature(kept if kept.endswith("\n") else f"{kept}\n", after)
