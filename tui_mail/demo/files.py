"""Small real files for the attachments, made by code: PDF, PNG and ZIP."""

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Callable

Colour = tuple[int, int, int]


def pdf(lines: tuple[str, ...]) -> bytes:
    """Make a PDF of one page with these lines of ASCII text."""
    shown = "".join(f"({_escaped(line)}) Tj T*\n" for line in lines)
    content = f"BT /F1 14 Tf 18 TL 72 760 Td\n{shown}ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % table
    return bytes(out)


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def png(width: int, height: int, colour: Callable[[float, float], Colour]) -> bytes:
    """Make an RGB picture; ``colour`` gets places from 0 to 1, right and down."""
    rows = bytearray()
    for down in range(height):
        rows.append(0)
        for right in range(width):
            rows.extend(colour(right / width, down / height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def canal(right: float, down: float) -> Colour:
    """Colour a place of a picture: a low sun over a canal, and its reflection."""
    sun = math.hypot((right - 0.62) * 1.6, down - 0.38)
    ripple = 0.06 * math.sin(70 * down + 9 * right) if down > 0.5 else 0.0
    glow = max(0.0, 1.0 - sun * 2.2 + ripple)
    if sun < 0.09 and down <= 0.5:
        return (255, 236, 170)
    base = (44, 58, 96) if down <= 0.5 else (26, 38, 66)
    return (
        min(255, int(base[0] + 205 * glow)),
        min(255, int(base[1] + 120 * glow)),
        min(255, int(base[2] + 40 * glow)),
    )


def paper(right: float, down: float) -> Colour:
    """Colour a place of a picture: a scanned page with its lines of text."""
    if not (0.1 < right < 0.9 and 0.08 < down < 0.92):
        return (232, 230, 224)
    row = down * 26
    text = row % 1 < 0.4 and int(row) % 6 != 0
    word = math.sin(right * 90 + int(row) * 7) > -0.6
    return (70, 70, 78) if text and word else (250, 249, 246)


def archive(members: tuple[tuple[str, bytes], ...]) -> bytes:
    """Make a ZIP file whose octets are the same at every start."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, octets in members:
            bundle.writestr(zipfile.ZipInfo(name, (2026, 11, 17, 18, 2, 0)), octets)
    return out.getvalue()
