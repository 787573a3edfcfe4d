"""What is suspicious in a message, in sentences."""

import re
from collections.abc import Sequence

from tui_mail.mime.hosts import (
    ascii_host,
    host_of,
    mixes_scripts,
    same_house,
    same_owner,
    shown_host,
    unicode_host,
)
from tui_mail.model.displayable import Displayable, displayable
from tui_mail.model.message import Address, Envelope

MAX_LINK_WARNINGS = 5
_LEFT_OUT = " left out."

_ADDRESS_IN_NAME = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


def sender_warnings(envelope: Envelope) -> list[Displayable]:
    """Say where the sender's name or Reply-To does not fit the sender's address."""
    found: list[str] = []
    for sender in envelope.from_[:5]:
        found += _about_name(sender)
        host = sender.address.rpartition("@")[2]
        if mixes_scripts(host):
            found.append(
                f"The sender's domain {ascii_host(unicode_host(host))} mixes scripts"
                f" to look like {unicode_host(host)}"
            )
    if len(envelope.from_) > 1:
        found.append(f"The message names {len(envelope.from_)} senders")
    found += _about_reply(envelope)
    return [displayable(line) for line in found]


def _about_name(sender: Address) -> list[str]:
    claimed = _ADDRESS_IN_NAME.search(sender.name)
    if not claimed or not sender.address:
        return []
    if claimed[0].lower() == sender.address.lower():
        return []
    return [f"The name says {claimed[0]}; the address is {sender.address}"]


def _about_reply(envelope: Envelope) -> list[str]:
    if envelope.list_id or not envelope.from_:
        return []
    host = envelope.from_[0].address.rpartition("@")[2]
    for reply in envelope.reply_to[:5]:
        other = reply.address.rpartition("@")[2]
        if host and other and not same_owner(host, other):
            return [
                f"Replies go to {reply.address}, another domain than the sender's {host}"
            ]
    return []


def link_warnings(links: Sequence[tuple[str, str]]) -> list[Displayable]:
    """Say which links show one host and go to another; numbered from 1."""
    found: list[str] = []
    more = 0
    for number, (shown, url) in enumerate(links, start=1):
        line = _about_link(number, shown, url)
        if not line:
            continue
        if len(found) < MAX_LINK_WARNINGS:
            found.append(line)
        else:
            more += 1
    if more:
        found.append(f"{more} more links go elsewhere than they show")
    return [displayable(line) for line in found]


def _about_link(number: int, shown: str, url: str) -> str:
    host = host_of(url)
    claimed = shown_host(shown)
    if host and claimed and not same_house(claimed, host):
        return f"Link {number} shows {claimed} and goes to {ascii_host(host)}"
    if host and mixes_scripts(host):
        coded = ascii_host(unicode_host(host))
        return f"Link {number} goes to {coded}, which looks like {unicode_host(host)}"
    return ""


def left_out(images: int, trackers: int) -> list[Displayable]:
    """Say what of the HTML was not loaded and never will be by itself."""
    parts = []
    if images:
        parts.append(f"{images:,} remote image{'s' if images > 1 else ''}")
    if trackers:
        parts.append(f"{trackers:,} tracker{'s' if trackers > 1 else ''}")
    if not parts:
        return []
    verb = "were" if images + trackers > 1 else "was"
    return [displayable(f"{' and '.join(parts)} {verb}{_LEFT_OUT}")]


def is_alarming(warning: Displayable) -> bool:
    """Tell whether a sentence is cause for doubt; what was left out is none."""
    return not warning.endswith(_LEFT_OUT)
