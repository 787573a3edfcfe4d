"""Octets to text, whatever their label says (RFC 2047, RFC 2231)."""


def decode_text(octets: bytes, charset: str = "") -> str:
    """Decode text by its label, or by what it looks like; never raises."""
    raise NotImplementedError


def decode_words(raw: bytes | str) -> str:
    """Decode the encoded words of a header value (RFC 2047); never raises."""
    raise NotImplementedError
