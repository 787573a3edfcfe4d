"""Addresses from raw header fields (RFC 5322, 3.4)."""

from tui_mail.model.message import Address


def parse_addresses(raw: bytes | str) -> tuple[Address, ...]:
    """Read the addresses of a raw header value; never raises."""
    raise NotImplementedError
