"""The RSA key that signs the tokens of Microsoft and of Teams.

It is kept in a file, so that tokens stay valid after a restart, and so that Teams verifies what Microsoft
issued to the bot.
"""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

from sandbox.private_files import alone_in, write_private

KEY_FILE = "signing-key.pem"
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "HS256", "none"]


class SigningKey:
    """A key that signs and verifies tokens."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key
        digest = hashes.Hash(hashes.SHA256())
        digest.update(
            key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        self.key_id = digest.finalize().hex()[:32]

    @classmethod
    def kept_in(cls, folder: Path) -> "SigningKey":
        """The folder's key, made by the first process that asks."""
        path = folder / KEY_FILE
        with alone_in(folder):
            if not path.exists():
                new = rsa.generate_private_key(public_exponent=65537, key_size=2048)
                write_private(
                    path,
                    new.private_bytes(
                        serialization.Encoding.PEM,
                        serialization.PrivateFormat.PKCS8,
                        serialization.NoEncryption(),
                    ),
                )
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{path} does not hold an RSA key")
        return cls(key)

    def sign(self, claims: dict[str, Any], **header: str) -> str:
        """A signed token of these claims, with more in its ``header``."""
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.key_id, **header})

    def sign_as(self, algorithm: Algorithm, claims: dict[str, Any], header: dict[str, str]) -> str:
        """A token by any algorithm, to try who verifies it; ``header`` has no ``alg`` of its own.

        With ``HS256`` the secret is the public key (PEM), which everybody knows.
        """
        payload = json.dumps(claims).encode()
        if algorithm != "HS256":
            key = "" if algorithm == "none" else self._key
            return jwt.PyJWS().encode(payload, key, algorithm, headers=header)
        # The library refuses a public key as a secret.
        secret = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        head = json.dumps({"typ": "JWT"} | header | {"alg": algorithm}).encode()
        signed = base64url_encode(head) + b"." + base64url_encode(payload)
        signature = hmac.new(secret, signed, hashlib.sha256).digest()
        return (signed + b"." + base64url_encode(signature)).decode()

    def verify(self, token: str, *, audience: str, issuer: str) -> dict[str, Any]:
        """The claims of a token that this key signed; raises jwt.InvalidTokenError."""
        return jwt.decode(
            token,
            self._key.public_key(),
            algorithms=["RS256"],
            audience=audience,
            issuer=issuer,
            options={"require": ["exp", "iss", "aud"]},
        )

    def published(self, **extra: Any) -> dict[str, Any]:
        """The JSON Web Key Set; its key also has the ``extra`` members."""
        key = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return {
            "keys": [key | {"use": "sig", "alg": "RS256", "kid": self.key_id, "x5t": self.key_id} | extra]
        }
