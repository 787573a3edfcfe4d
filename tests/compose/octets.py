"""What every message that goes out has to be, whatever it was made of."""

import re


def assert_sound(octets: bytes, *, encoded_by_us: bool = True) -> None:
    """Check line ends, lengths and the header of a message."""
    assert b"\0" not in octets
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", octets)
    assert octets.endswith(b"\r\n")
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    header, empty, _ = octets.partition(b"\r\n\r\n")
    assert empty
    for line in header.split(b"\r\n"):
        assert re.match(rb"[!-9;-~]+:|[ \t]+[^ \t]", line), line
        if encoded_by_us and b"=?utf-8?" in line:
            assert len(line) <= 76
