"""Octets to text, whatever their label says (RFC 2047, RFC 2231)."""

import binascii
import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

_ALIASES = {
    "ansi_x3.4-1968": "cp1252",
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "big5": "cp950",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "x-euc-jp": "euc-jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-unknown": "",
    "unknown-8bit": "",
    "unknown": "",
    "default": "",
    "binary": "",
    "8bit": "",
}
"""What labels mean in practice: each with the larger set that its senders use."""

_NOT_FOR_MAIL = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"}
)
_LABEL = re.compile(r"[a-z0-9][a-z0-9_.:+-]{0,39}")
_WORD = re.compile(r"=\?([^?\s]{1,80})\?([BbQq])\?")
_QUOTED = re.compile(rb"=([0-9A-Fa-f]{2})")
_NOT_BASE64 = bytes(
    code
    for code in range(256)
    if not (chr(code).isalnum() and code < 128) and code not in b"+/="
)
_PARAMETER = re.compile(
    r';\s*+([^\s=;"]{1,200})\s*+=\s*+("(?:[^"\\]|\\.)*+"?|[^;]*+)', re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SECTION = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?", re.DOTALL)


@lru_cache(maxsize=512)
def _codec(label: str) -> str:
    """Find the codec of a label; empty where there is none for text."""
    name = label.strip().strip("\"'").lower().partition("*")[0]
    name = _ALIASES.get(name, name)
    if not _LABEL.fullmatch(name) or name.replace("-", "_") in _NOT_FOR_MAIL:
        return ""
    try:
        b" ".decode(name, "replace")
    except (LookupError, ValueError):
        return ""
    return name


def _guessed(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def decode_text(octets: bytes, charset: str = "") -> str:
    """Decode text by its label, or by what it looks like; never raises.

    Without a label that is known it is UTF-8 if it can be, else windows-1252.
    """
    name = _codec(charset) if charset else ""
    if not name:
        return _guessed(octets)
    try:
        if name == "cp1252":
            # Mail labelled as Latin-1 or ASCII is often UTF-8; by chance it never is.
            return _guessed(octets)
        return octets.decode(name)
    except (LookupError, ValueError):
        return _mended(octets, name)


def _mended(octets: bytes, name: str) -> str:
    if name != "utf-8":
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            pass
    try:
        text = octets.decode(name, "replace")
    except (LookupError, ValueError):
        return _guessed(octets)
    wrong = text.count("\ufffd")
    right = sum(1 for character in text[:10_000] if character > "\x7f") - wrong
    return text if right >= wrong else octets.decode("cp1252", "replace")


def _octets_of_word(kind: str, payload: str) -> bytes:
    octets = payload.encode("utf-8", "replace")
    if kind in "Bb":
        return decode_base64(octets)
    return _QUOTED.sub(
        lambda match: bytes((int(match[1], 16),)), octets.replace(b"_", b" ")
    )


def decode_base64(octets: bytes) -> bytes:
    """Decode base64 with junk in it, and several ended texts in a row (RFC 2045, 6.8)."""
    clean = octets.translate(None, _NOT_BASE64)
    pieces = clean.rstrip(b"=").split(b"=")
    out = []
    for piece in pieces:
        if not piece:
            continue
        whole = piece[:-1] if len(piece) % 4 == 1 else piece
        out.append(binascii.a2b_base64(whole + b"=="[: -len(whole) % 4]))
    return b"".join(out)


def decode_words(raw: bytes | str) -> str:
    """Decode the encoded words of a header value (RFC 2047); never raises.

    White space between encoded words goes; a character whose octets were split
    between two words is put together again.
    """
    text = raw if isinstance(raw, str) else _guessed(raw)
    if "=?" not in text:
        return text
    out: list[str] = []
    run: list[bytes] = []
    label = ""
    position = 0
    end = -1
    while match := _WORD.search(text, position):
        if end < match.end():
            end = text.find("?=", match.end())
        if end < 0:
            break
        inner = text.rfind("=?", match.end(), end)
        if inner >= 0 and _WORD.match(text, inner):
            # A word without an end, before the one that ends here: it stays as it is.
            start = inner
            match = _WORD.match(text, inner) or match
        else:
            start = match.start()
        between = text[position:start]
        name = match[1].lower().partition("*")[0]
        if run and (between.strip() or name != label):
            out.append(decode_text(b"".join(run), label))
            run = []
            joined = not between.strip()
        else:
            joined = bool(run)
        if not (joined and not between.strip()):
            out.append(between)
        run.append(_octets_of_word(match[2], text[match.end() : end]))
        label = name
        position = end + 2
    if run:
        out.append(decode_text(b"".join(run), label))
    out.append(text[position:])
    return "".join(out)


def parse_parameters(value: str) -> tuple[str, dict[str, str]]:
    """Split ``text/plain; charset=x`` into its value and parameters (RFC 2231).

    The value and the names are lower case; continued and encoded parameters are put
    together. ``value`` is decoded from octets already, encoded words are not.
    """
    main, separator, _ = value.partition(";")
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bool, str]]] = {}
    if separator:
        for match in _PARAMETER.finditer(value, len(main)):
            content = match[2].strip()
            if content.startswith('"'):
                content = _ESCAPED.sub(r"\1", content[1:].removesuffix('"'))
            found = _SECTION.fullmatch(match[1].lower())
            if found is None or not (found[2] or found[3]):
                plain.setdefault(match[1].lower(), content)
            else:
                numbered = sections.setdefault(found[1], {})
                numbered.setdefault(int(found[2] or 0), (bool(found[3]), content))
    for name, numbered in sections.items():
        plain[name] = _continued(numbered)
    return main.strip().lower(), plain


def _continued(numbered: dict[int, tuple[bool, str]]) -> str:
    charset = ""
    octets = []
    for index, (number, (encoded, content)) in enumerate(sorted(numbered.items())):
        if number != index:
            break
        if not encoded:
            octets.append(content.encode("utf-8", "replace"))
            continue
        if index == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        octets.append(unquote_to_bytes(content))
    return decode_text(b"".join(octets), charset)
