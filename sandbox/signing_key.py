"""The RSA key that signs the tokens of Microsoft and of Teams.

It is kept in a file, so that tokens stay valid after a restart, and so that Teams verifies what Microsoft
issued to the bot.
"""

import json
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from sandbox.private_files import alone_in, write_private

KEY_FILE = "signing-key.pem"


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
