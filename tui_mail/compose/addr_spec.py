"""One addr-spec (RFC 5322, 3.4.1; RFC 6532) as a person types it, and as a server wants it."""

import re
import unicodedata
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address

from tui_mail.mime.hosts import ascii_host

MAX_LOCAL = 250
"""Octets. The RFC has 64, and notifications that can be answered have more."""
MAX_DOMAIN = 253

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"@(.*)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_OTHER_DOTS = re.compile("[\u3002\uff0e\uff61]")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")


class BadAddress(ValueError):
    """Says in a few words why something is no address."""


def needs_utf8(address: str) -> bool:
    """Tell whether a server has to know SMTPUTF8 for an address (RFC 6531)."""
    return not address.isascii()


def domain_of(address: str) -> str:
    """Take the domain of a checked address."""
    return address.rpartition("@")[2]


def checked_address(spelled: str) -> str:
    """Check an addr-spec and write its domain in ASCII; raises BadAddress."""
    spelled = unicodedata.normalize("NFC", spelled)
    if quoted := _QUOTED.fullmatch(spelled):
        local, domain = _quoted_local(quoted[1]), quoted[2]
    else:
        plain, at, domain = spelled.rpartition("@")
        if not at:
            raise BadAddress("there is no @ in it")
        if "@" in plain:
            raise BadAddress("there is more than one @ in it")
        local = _plain_local(plain)
    if len(local.encode()) > MAX_LOCAL:
        raise BadAddress("what stands before the @ is too long")
    return f"{local}@{_domain(domain)}"


def _quoted_local(content: str) -> str:
    plain = _ESCAPED.sub(r"\1", content)
    if not plain.isprintable():
        raise BadAddress("a character before the @ cannot be printed")
    return plain if _DOT_ATOM.fullmatch(plain) else f'"{content}"'


def _plain_local(local: str) -> str:
    if not local:
        raise BadAddress("nothing stands before the @")
    if not local.isprintable():
        raise BadAddress("a character before the @ cannot be printed")
    if _DOT_ATOM.fullmatch(local):
        return local
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise BadAddress("a dot before the @ is too many")
    wrong = next(c for c in local if c != "." and not re.fullmatch(_ATOM, c))
    raise BadAddress(f"{wrong} before the @ would need quotes")


def _domain(domain: str) -> str:
    if not domain:
        raise BadAddress("nothing stands after the @")
    if domain.startswith("["):
        return _literal(domain)
    labels = _OTHER_DOTS.sub(".", domain).split(".")
    if "" in labels:
        raise BadAddress("a dot after the @ is too many")
    for label in labels:
        _check_label(label)
    written = ascii_host(".".join(labels))
    if len(written) > MAX_DOMAIN or any(len(one) > 63 for one in written.split(".")):
        raise BadAddress("what stands after the @ is too long")
    return written


def _check_label(label: str) -> None:
    """Check a label by what RFC 5892 allows, near enough: letters, marks, digits, hyphens."""
    folded = unicodedata.normalize("NFKC", label).lower()
    for character in folded:
        kind = unicodedata.category(character)
        if not (kind in {"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"} or character in "-_"):
            shown = character if character.isprintable() else "a character"
            raise BadAddress(f"{shown} cannot be in a domain")
    if folded.startswith("-") or folded.endswith("-"):
        raise BadAddress("a part of the domain begins or ends with a hyphen")
    if not folded or unicodedata.category(folded[0]).startswith("M"):
        raise BadAddress("a part of the domain begins with a mark")
    if label.isascii() and not _LABEL.fullmatch(label):
        raise BadAddress(f"{label} cannot be in a domain")


def _literal(domain: str) -> str:
    inside = domain[1:-1] if domain.endswith("]") else ""
    with suppress(ValueError):
        if inside[:5].lower() == "ipv6:":
            return f"[IPv6:{IPv6Address(inside[5:])}]"
        return f"[{IPv4Address(inside)}]"
    raise BadAddress(f"{domain} is no address of a machine")
