"""What was filled in, as an account: checked, named, and as it goes into the settings."""

import re
from collections.abc import Container, Mapping
from pathlib import Path

from tui_mail.config.accounts import PORTS, read_accounts
from tui_mail.config.section import Section, Source
from tui_mail.config.settings import Account, Security
from tui_mail.config.writing import Value
from tui_mail.model.displayable import Displayable, displayable, own
from tui_mail.model.error import SettingsError

Texts = Mapping[str, str]
"""What was filled in: ``address``, ``name``, ``password``, ``imap.host``, …; ``incoming``
says which of ``imap`` and ``pop3`` is meant."""
Fields = dict[str, Value | Mapping[str, Value]]

KINDS = ("imap", "pop3", "smtp")
SECURITIES = tuple(word.value for word in Security)

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_GENERIC = ("co", "com", "org", "net", "ac", "gov", "edu")
"""Below a country these say nothing: ``.co.uk``."""


def find_mistakes(texts: Texts) -> dict[str, Displayable]:
    """Find what is missing or cannot be read, by field."""
    found: dict[str, Displayable] = {}
    for key in ("address", "password", f"{texts['incoming']}.host"):
        if not texts[key]:
            found[key] = own("is needed")
    for kind in (texts["incoming"], "smtp"):
        if not texts[f"{kind}.host"]:
            continue
        if not texts[f"{kind}.port"].isdecimal():
            found[f"{kind}.port"] = own("must be a number")
        if texts[f"{kind}.security"] not in SECURITIES:
            found[f"{kind}.security"] = own("is tls, starttls or none")
    return found


def settings_of(texts: Texts) -> Fields:
    """Make the settings' fields of it, without what goes without saying."""
    fields: Fields = {"address": texts["address"]}
    if texts["name"]:
        fields["name"] = texts["name"]
    for kind in (texts["incoming"], "smtp"):
        if texts[f"{kind}.host"]:
            fields[kind] = _server(kind, texts)
    return fields


def _server(kind: str, texts: Texts) -> Mapping[str, Value]:
    security, port = Security(texts[f"{kind}.security"]), int(texts[f"{kind}.port"])
    server: dict[str, Value] = {"host": texts[f"{kind}.host"]}
    if port != PORTS[kind, security]:
        server["port"] = port
    if security is not Security.TLS:
        server["security"] = security.value
    if texts[f"{kind}.username"] not in ("", texts["address"]):
        server["username"] = texts[f"{kind}.username"]
    return server


def make_account(path: Path, name: str, fields: Fields) -> Account:
    """Read the fields as if they stood in the settings; raises SettingsError."""
    source = Source(path, {}, private=True)
    return read_accounts(Section(source, ("accounts",), {name: fields}))[name]


def place_of(mistake: SettingsError, name: str) -> tuple[str, Displayable]:
    """Tell in which field a mistake of the settings lies, if in any, and the sentence."""
    said = re.search(
        rf"accounts\.{re.escape(name)}((?:\.[a-z_]+)*): (.*)", mistake.line
    )
    if said is None:
        return "", mistake.line
    return said[1].removeprefix("."), displayable(said[2])


def free_name(address: str, taken: Container[str]) -> str:
    """Name an account after the domain of its address: ``corp`` of ann@mail.corp.example.

    ``taken`` has the names that are used already, in lower case.
    """
    labels = address.rpartition("@")[2].lower().split(".")
    if len(labels) > 1:
        labels.pop()
    if len(labels) > 1 and labels[-1] in _GENERIC:
        labels.pop()
    base = _NOT_IN_A_NAME.sub("-", labels[-1]).strip("-") or "mail"
    name = base
    number = 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name
