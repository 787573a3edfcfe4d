"""Hosts of links and addresses: whose they are, and whether they pretend."""

import re
import unicodedata
from contextlib import suppress
from urllib.parse import urlsplit

_SHOWN_HOST = re.compile(
    r"(?:(https?|ftp)://)?(?:[^\s/@]{1,200}@)?"
    r"((?:[\w-]{1,63}\.){1,10}[^\W\d_]{2,24})(?::\d{1,5})?(?:[/?#]\S*)?",
    re.IGNORECASE,
)
_FILE_ENDINGS = frozenset(
    {
        "pdf",
        "txt",
        "md",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "zip",
        "html",
        "htm",
        "png",
        "jpg",
    }
    | {"jpeg", "gif", "py", "js", "rs", "sh", "csv", "exe", "ics", "odt", "tar", "gz"}
)


def host_of(url: str) -> str:
    """Take the host of an http address as a browser does; empty where there is none."""
    try:
        return (urlsplit(url.replace("\\", "/")).hostname or "").rstrip(".")
    except ValueError:
        return ""


def shown_host(text: str) -> str:
    """Take the host that a link's text claims; empty where it claims none."""
    match = _SHOWN_HOST.fullmatch(text.strip()[:2_000])
    if not match:
        return ""
    if match[1] and "@" in text:
        # What stands before an @ looks like the host and is not.
        before = text.partition("://")[2].partition("@")[0]
        inner = _SHOWN_HOST.fullmatch(before)
        return inner[2].lower() if inner else match[2].lower()
    host = match[2].lower()
    if not match[1] and host.rpartition(".")[2] in _FILE_ENDINGS:
        return ""
    return "" if not match[1] and "@" in text else host


def same_house(one: str, other: str) -> bool:
    """Tell whether two hosts are the same, or one lies below the other."""
    first = one.lower().removeprefix("www.")
    second = other.lower().removeprefix("www.")
    return (
        first == second or first.endswith("." + second) or second.endswith("." + first)
    )


def same_owner(one: str, other: str) -> bool:
    """Tell whether two hosts likely have one owner: the last two labels agree.

    Under suffixes like ``co.uk`` it is three labels that have to agree.
    """
    first, second = one.lower().split("."), other.lower().split(".")
    short = len(first) > 1 and len(first[-1]) == 2 and len(first[-2]) <= 3
    count = 3 if short else 2
    return first[-count:] == second[-count:]


def ascii_host(host: str) -> str:
    """Write a host as the network does, with punycode."""
    labels = []
    for label in host.split("."):
        if label.isascii():
            labels.append(label)
            continue
        coded = unicodedata.normalize("NFKC", label).lower().encode("punycode")
        labels.append("xn--" + coded.decode("ascii"))
    return ".".join(labels)


def unicode_host(host: str) -> str:
    """Write a host as it looks where punycode is decoded."""
    labels = []
    for label in host.split("."):
        if label.lower().startswith("xn--"):
            with suppress(ValueError):
                label = label[4:].encode("ascii").decode("punycode")
        labels.append(label)
    return ".".join(labels)


def mixes_scripts(host: str) -> bool:
    """Tell whether a label of a host has letters of scripts that look alike."""
    for label in unicode_host(host[:1_000]).split("."):
        scripts = {
            unicodedata.name(letter, "?").partition(" ")[0]
            for letter in label
            if letter.isalpha()
        }
        if len(scripts & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}) > 1:
            return True
    return False
