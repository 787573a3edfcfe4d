"""SASL mechanisms (RFC 4422), as pure exchanges of octets; IMAP, POP3 and SMTP use them.

A mechanism is asked once for each challenge. Nothing of a secret is in its repr, nor in
what it raises.
"""

import base64
import binascii
import hashlib
import hmac
import os
import stringprep
import unicodedata
from abc import ABC, abstractmethod

from tui_mail.config.secret import Secret
from tui_mail.model.error import LoginRefused, ProtocolError

MAX_ITERATIONS = 2_000_000
"""Rounds of SCRAM that a server may ask for: more would only keep the processor busy."""
LEAST_ITERATIONS = 1_000


class Mechanism(ABC):
    """One login; used once."""

    name: str

    def __init__(self, user: str, secret: Secret) -> None:
        self._user = user
        self._secret = secret

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @abstractmethod
    def first(self) -> bytes | None:
        """Say what can be sent with the command itself; None: wait for a challenge."""

    @abstractmethod
    def respond(self, challenge: bytes) -> bytes:
        """Answer a challenge; raises ProtocolError or LoginRefused."""

    def finish(self) -> None:  # noqa: B027 - most have nothing to prove
        """Check, after the server's OK, that it has proved what it should."""


class Plain(Mechanism):
    """RFC 4616."""

    name = "PLAIN"

    def first(self) -> bytes:
        """Say name and password."""
        words = (self._user, self._secret.reveal())
        if any("\0" in word for word in words):
            raise LoginRefused("name and password cannot have NUL characters")
        return b"\0" + b"\0".join(octets(word) for word in words)

    def respond(self, challenge: bytes) -> bytes:  # noqa: ARG002
        """Refuse: there is nothing to answer."""
        raise ProtocolError("PLAIN has no second challenge")


class Login(Mechanism):
    """Never an RFC; name and password, each asked for."""

    name = "LOGIN"

    def __init__(self, user: str, secret: Secret) -> None:
        super().__init__(user, secret)
        self._said = 0

    def first(self) -> None:
        """Wait."""
        return

    def respond(self, challenge: bytes) -> bytes:  # noqa: ARG002
        """Say the name, then the password, whatever the questions are called."""
        self._said += 1
        if self._said > 2:
            raise ProtocolError("LOGIN has no third challenge")
        return octets(self._user if self._said == 1 else self._secret.reveal())


class CramMd5(Mechanism):
    """RFC 2195."""

    name = "CRAM-MD5"

    def first(self) -> None:
        """Wait."""
        return

    def respond(self, challenge: bytes) -> bytes:
        """Prove that the password is known."""
        secret = octets(self._secret.reveal())
        digest = hmac.new(secret, challenge, hashlib.md5).hexdigest()
        return octets(f"{self._user} {digest}")


class _Bearer(Mechanism):
    """What the two mechanisms for tokens have in common."""

    def respond(self, challenge: bytes) -> bytes:  # noqa: ARG002
        """Acknowledge an error: the server then says NO."""
        return b"\1" if self.name == "OAUTHBEARER" else b""

    def _token(self) -> str:
        token = self._secret.reveal()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise LoginRefused("the access token is none: it has odd characters")
        return token


class XOAuth2(_Bearer):
    """Google's and Microsoft's, before there was an RFC."""

    name = "XOAUTH2"

    def first(self) -> bytes:
        """Say name and token."""
        return octets(f"user={self._user}\1auth=Bearer {self._token()}\1\1")


class OAuthBearer(_Bearer):
    """RFC 7628."""

    name = "OAUTHBEARER"

    def first(self) -> bytes:
        """Say name and token."""
        user = self._user.replace("=", "=3D").replace(",", "=2C")
        return octets(f"n,a={user},\1auth=Bearer {self._token()}\1\1")


class Scram(Mechanism):
    """RFC 5802 and RFC 7677, without channel binding."""

    hash_name: str

    def __init__(self, user: str, secret: Secret, *, nonce: str = "") -> None:
        super().__init__(user, secret)
        self._nonce = nonce or base64.b64encode(os.urandom(18)).decode("ascii")
        name = prepared(user).replace("=", "=3D").replace(",", "=2C")
        self._bare = f"n={name},r={self._nonce}"
        self._signature: bytes | None = None
        self._proved = False

    def first(self) -> bytes:
        """Say the name and a nonce."""
        return octets(f"n,,{self._bare}")

    def respond(self, challenge: bytes) -> bytes:
        """Prove that the password is known; then check the server's proof."""
        if self._signature is not None:
            self._check(challenge)
            return b""
        said = _attributes(challenge)
        nonce = said.get("r", "")
        try:
            salt = base64.b64decode(said.get("s", ""), validate=True)
            iterations = int(said.get("i", "")[:10])
        except ValueError:
            raise ProtocolError(f"{self.name}: the challenge is none") from None
        if not nonce.startswith(self._nonce) or nonce == self._nonce or not salt:
            raise ProtocolError(f"{self.name}: the challenge is for another")
        if not LEAST_ITERATIONS <= iterations <= MAX_ITERATIONS:
            raise ProtocolError(f"{self.name}: {iterations} rounds are not to be done")
        return self._proof(challenge, nonce, salt, iterations)

    def _proof(
        self, challenge: bytes, nonce: str, salt: bytes, iterations: int
    ) -> bytes:
        password = octets(prepared(self._secret.reveal()))
        salted = hashlib.pbkdf2_hmac(self.hash_name, password, salt, iterations)
        client = self._keyed(salted, b"Client Key")
        stored = hashlib.new(self.hash_name, client).digest()
        without = f"c=biws,r={nonce}".encode()
        signed = b",".join((octets(self._bare), challenge, without))
        mask = self._keyed(stored, signed)
        proof = bytes(one ^ other for one, other in zip(client, mask, strict=True))
        self._signature = self._keyed(self._keyed(salted, b"Server Key"), signed)
        return without + b",p=" + base64.b64encode(proof)

    def _keyed(self, key: bytes, message: bytes) -> bytes:
        return hmac.new(key, message, self.hash_name).digest()

    def _check(self, challenge: bytes) -> None:
        said = _attributes(challenge)
        if "e" in said:
            return  # Its NO follows.
        try:
            signature = base64.b64decode(said.get("v", ""), validate=True)
        except ValueError:
            signature = b""
        if not hmac.compare_digest(signature, self._signature or b""):
            raise ProtocolError(f"{self.name}: the server does not know the password")
        self._proved = True

    def finish(self) -> None:
        """Refuse a server that let us in without its own proof."""
        if not self._proved:
            raise ProtocolError(f"{self.name}: the server did not prove who it is")


class ScramSha256(Scram):
    """RFC 7677."""

    name = "SCRAM-SHA-256"
    hash_name = "sha256"


class ScramSha1(Scram):
    """RFC 5802."""

    name = "SCRAM-SHA-1"
    hash_name = "sha1"


WITH_PASSWORD: tuple[type[Mechanism], ...] = (
    *(ScramSha256, ScramSha1, Plain, Login, CramMd5),
)
"""The best first."""
WITH_TOKEN: tuple[type[Mechanism], ...] = (OAuthBearer, XOAuth2)


def prepared(word: str) -> str:
    """Prepare a name or password (SASLprep, RFC 4013); what it forbids stays."""
    mapped = "".join(
        " " if stringprep.in_table_c12(character) else character
        for character in word
        if not stringprep.in_table_b1(character)
    )
    return unicodedata.normalize("NFKC", mapped)


def to_base64(answer: bytes) -> bytes:
    """Write a response as a line."""
    return base64.b64encode(answer)


def from_base64(line: bytes) -> bytes:
    """Read a challenge; raises ProtocolError."""
    try:
        return base64.b64decode(line.strip(), validate=True)
    except binascii.Error:
        raise ProtocolError("a challenge that is not base64") from None


def octets(word: str) -> bytes:
    """Encode a name or secret; raises LoginRefused where it is no text."""
    try:
        return word.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise LoginRefused("name and password have to be text") from None


def _attributes(challenge: bytes) -> dict[str, str]:
    words = challenge[:10_000].decode("utf-8", "replace").split(",")
    return {word[:1]: word[2:] for word in words if word[1:2] == "="}
