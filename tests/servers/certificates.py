"""Certificates for the test servers, good ones and bad ones."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


def server_certificate(
    folder: Path, *names: str, expires_at: datetime | None = None
) -> Path:
    """Write ``server.pem`` (key and chain) and ``ca.pem``; return the latter."""
    authority = trustme.CA()
    certificate = authority.issue_cert(*names, not_after=expires_at)
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return folder / "ca.pem"


def server_context(folder: Path, *names: str, expired: bool = False) -> ssl.SSLContext:
    """Make a server's context with such a certificate; the authority is ``ca.pem``."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    server_certificate(folder, *names, expires_at=yesterday if expired else None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context
