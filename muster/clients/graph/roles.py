"""The application permissions that an app-only token of Graph carries.

Only Graph can verify a token that is meant for Graph: it is decoded here, not verified. It came straight from
Entra, and what it says decides what is asked for, nothing more.
"""

import jwt


def roles_of(token: str) -> frozenset[str] | None:
    """The names in its claim ``roles``; none where the claim is absent, as in a token without any permission.

    ``None``: the token cannot be read, so what is granted is not known.
    """
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return None
    roles = claims.get("roles", [])
    if not isinstance(roles, list):
        return None
    return frozenset(role for role in roles if isinstance(role, str))
