"""What the account's own server found out about the sender (RFC 8601), in words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tui_mail.mime.headers import field_text, header_lines
from tui_mail.mime.hosts import same_owner
from tui_mail.model.displayable import Displayable, displayable

_METHODS = ("dmarc", "dkim", "spf")
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"([a-z][a-z0-9-]*)\s*(?:/\s*\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_SIGNER = re.compile(r"header\.(?:d|i)\s*=\s*\"?@?([\w.-]{1,255})", re.IGNORECASE)
_SERVER = re.compile(r"\s*\"?([\w.-]{1,255})")
_PASSES = frozenset({"pass"})
_UNKNOWN = frozenset({"none", "neutral", "temperror", "policy"})


@dataclass(frozen=True, slots=True)
class Authentication:
    """The server's word on who sent a message."""

    words: Displayable
    """``signed by corp.example``, or which check fails."""
    failed: bool
    """Whether the words are a warning."""


def authentication(headers: bytes, own_hosts: Iterable[str]) -> Authentication | None:
    """Read the Authentication-Results that the account's own server wrote.

    Anybody can write such a field; only one in the name of an own host counts, and of
    those the first, which was added last. ``own_hosts`` are the server's and the
    address's domains. None where there is no such field.
    """
    hosts = [host for host in own_hosts if host]
    for line in header_lines(headers):
        name, _, value = line.partition(":")
        if name.strip().lower() != "authentication-results":
            continue
        text = _COMMENT.sub(" ", field_text(value))
        server = _SERVER.match(text)
        if server and any(same_owner(server[1], host) for host in hosts):
            return _in_words(text.partition(";")[2])
    return None


def _in_words(text: str) -> Authentication:
    results: dict[str, str] = {}
    signers: list[str] = []
    for clause in text.split(";"):
        found = _RESULT.search(clause)
        if not found:
            continue
        method, result = found[1].lower(), found[2].lower()
        if method not in _METHODS or results.get(method) in _PASSES:
            continue
        results[method] = result
        signer = _SIGNER.search(clause)
        if method == "dkim" and result in _PASSES and signer:
            signers.append(signer[1].lower())
    said = [f"{m} {_word(results[m])}" for m in _METHODS if m in results]
    if _fails(results):
        return _result(f"The check of the sender fails: {', '.join(said)}", failed=True)
    if signers and results.get("dmarc", "pass") in _PASSES:
        return _result(f"signed by {signers[0]}", failed=False)
    if results.get("dmarc") in _PASSES or results.get("spf") in _PASSES:
        return _result(f"sender checked: {', '.join(said)}", failed=False)
    return _result("The sender was not checked", failed=True)


def _fails(results: dict[str, str]) -> bool:
    """The whole fails if DMARC does; without its word, if nothing passes and one fails."""
    verdict = results.get("dmarc", "none")
    if verdict not in _UNKNOWN:
        return verdict not in _PASSES
    known = [result for result in results.values() if result not in _UNKNOWN]
    return bool(known) and not any(result in _PASSES for result in known)


def _word(result: str) -> str:
    if result in _PASSES:
        return "passes"
    return "not checked" if result in _UNKNOWN else "fails"


def _result(words: str, *, failed: bool) -> Authentication:
    return Authentication(displayable(words), failed)
