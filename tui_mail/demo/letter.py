"""A sample message as we write it, and the octets a server would keep of it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from tui_mail.demo.clock import ZONE

ANN = "Ann Example <ann@corp.example>"
"""The person whose mailbox it is."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a sample message."""

    filename: str
    type: str
    octets: bytes
    content_id: str = ""
    """Set where the HTML shows it: then it is inline and related."""
    method: str = ""
    """What a calendar file asks for (RFC 5546)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One sample message, where it lies and what was already done with it."""

    at: str
    """``2026-11-19 09:41`` in the demo's zone."""
    sender: str
    subject: str = ""
    text: str = ""
    html: str = ""
    to: str = ANN
    cc: str = ""
    mailbox: str = "INBOX"
    flags: str = ""
    """Words out of ``seen flagged answered draft``."""
    key: str = ""
    """The left side of its Message-ID; made from date and subject where empty."""
    after: tuple[str, ...] = ()
    """The Message-IDs of its thread, oldest first, the parent last."""
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    charset: str = "utf-8"
    flowed: bool = False
    raw: bytes = b""
    """The whole message where no builder should touch it; lines end with LF here."""

    @property
    def arrived(self) -> datetime:
        """When the server got it."""
        return datetime.strptime(self.at, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)

    @property
    def message_id(self) -> str:
        """Its Message-ID, without angle brackets."""
        _, address = parseaddr(self.sender)
        domain = address.rpartition("@")[2] or "mail.example"
        left = self.key or _digest(self.at, self.subject)[:16]
        return f"{left}@{domain}"

    @property
    def octets(self) -> bytes:
        """The message as a server keeps it, the same at every start."""
        if self.raw:
            return self.raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        message = EmailMessage(policy=SMTP)
        _write_headers(message, self)
        _write_body(message, self)
        _fix_boundaries(message, self.message_id)
        return message.as_bytes()


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _write_headers(message: EmailMessage, letter: Letter) -> None:
    message["From"] = letter.sender
    message["To"] = letter.to
    if letter.cc:
        message["Cc"] = letter.cc
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.arrived)
    message["Message-ID"] = f"<{letter.message_id}>"
    if letter.after:
        message["In-Reply-To"] = f"<{letter.after[-1]}>"
        message["References"] = " ".join(f"<{each}>" for each in letter.after)
    for name, value in letter.headers:
        message[name] = value


def _write_body(message: EmailMessage, letter: Letter) -> None:
    if letter.text:
        message.set_content(letter.text, charset=letter.charset)
        if letter.flowed:
            message.set_param("format", "flowed")
    if letter.html:
        if letter.text:
            message.add_alternative(letter.html, subtype="html")
        else:
            message.set_content(letter.html, subtype="html")
    for attachment in letter.attachments:
        _attach(message, attachment)


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    maintype, _, subtype = attachment.type.partition("/")
    if attachment.content_id:
        html = message.get_body(("html",))
        assert isinstance(html, EmailMessage), "an inline picture needs HTML to show it"
        html.add_related(
            attachment.octets,
            maintype,
            subtype,
            cid=f"<{attachment.content_id}>",
            filename=attachment.filename,
            disposition="inline",
        )
        return
    message.add_attachment(
        attachment.octets,
        maintype,
        subtype,
        filename=attachment.filename,
        params={"method": attachment.method} if attachment.method else None,
    )


def _fix_boundaries(message: EmailMessage, seed: str) -> None:
    for number, part in enumerate(message.walk()):
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            part.set_boundary(f"=_{_digest(seed, str(number))[:24]}")
