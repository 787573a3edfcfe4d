"""Certificates: who is trusted, and how a handshake fails."""

import ipaddress
import selectors
import socket
import ssl
import time

from tui_mail.config.settings import Server
from tui_mail.model.error import CertificateRefused, HandshakeLost


def client_context(server: Server) -> ssl.SSLContext:
    """Make a context that verifies certificate and name, TLS 1.2 or newer.

    ``ca_file`` is trusted besides the system's authorities; it may hold the server's
    own certificate. Raises CertificateRefused where it cannot be read.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.ca_file:
        try:
            context.load_verify_locations(server.ca_file)
        except OSError as error:
            unread = not isinstance(error, ssl.SSLError) and error.strerror
            said = unread or "no certificates in it"
            raise CertificateRefused(f"ca_file {server.ca_file}: {said}") from None
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def encrypt(
    link: socket.socket, context: ssl.SSLContext, host: str, *, until: float
) -> ssl.SSLSocket:
    """Shake hands until a moment of the monotonic clock; the old socket is used up.

    Raises CertificateRefused and HandshakeLost; then the link is closed.
    """
    encrypted: ssl.SSLSocket | None = None
    try:
        link.setblocking(False)
        encrypted = context.wrap_socket(
            link, server_hostname=host, do_handshake_on_connect=False
        )
        _shake_hands(encrypted, until)
    except ssl.SSLCertVerificationError as error:
        (encrypted or link).close()
        said = error.verify_message or "it does not hold"
        line = f"certificate of {host}: {said}"
        raise CertificateRefused(line, code=error.verify_code) from None
    except TimeoutError:
        (encrypted or link).close()
        said = f"{host} did not finish the TLS handshake in time"
        raise HandshakeLost(said) from None
    except (OSError, ValueError) as error:
        (encrypted or link).close()
        reason = getattr(error, "reason", "") or getattr(error, "strerror", "") or ""
        said = f": {reason}" if reason else ""
        raise HandshakeLost(f"no TLS with {host}{said}") from None
    return encrypted


def _shake_hands(encrypted: ssl.SSLSocket, until: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(encrypted, selectors.EVENT_READ)
        while True:
            try:
                encrypted.do_handshake()
            except ssl.SSLWantReadError:
                wanted = selectors.EVENT_READ
            except ssl.SSLWantWriteError:
                wanted = selectors.EVENT_WRITE
            else:
                return
            selector.modify(encrypted, wanted)
            left = until - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError


def is_loopback(link: socket.socket) -> bool:
    """Whether the other end is this machine."""
    try:
        address = str(link.getpeername()[0]).partition("%")[0]
        return ipaddress.ip_address(address).is_loopback
    except (OSError, ValueError, IndexError):
        return False
