"""What the identity host keeps: who is signed in, what people allowed, and the codes and tokens it gave."""

from datetime import datetime

from sandbox.pagerduty.model import Value


class Session(Value):
    """A browser in which a user is signed in; its secret is the key under which it is kept."""

    id: str
    """What ID tokens call it (``sid``). It opens nothing."""
    user: str
    at: datetime


class Allowance(Value):
    """What a user allowed a client. It is not asked again."""

    user: str
    client: str
    scopes: tuple[str, ...]


class Code(Value):
    """An authorization code, and what its exchange must match. It stays known, to notice a second use."""

    client: str
    redirect_uri: str
    challenge: str
    """The S256 challenge of RFC 7636."""
    scopes: tuple[str, ...]
    session: Session
    expires_at: datetime
    delegation: str | None = None
    """The delegation that its exchange began; None while it is not used."""


class Delegation(Value):
    """One authorization of the client by a user, through all its tokens (``delegation_id``)."""

    client: str
    user: str
    scopes: tuple[str, ...]
    ends_at: datetime


class RefreshToken(Value):
    """The one token by which a delegation gets its next ones. It stays known after its use."""

    delegation: str
    expires_at: datetime
    user: str | None = None
    is_dead: bool = False
    """Whether it was used, or its delegation was ended."""


class AccessToken(Value):
    """A token that the token endpoint gave: a user's, or the app's own, which has no user."""

    expires_at: datetime
    scopes: tuple[str, ...]
    user: str | None = None
    delegation: str | None = None


class TokenCall(Value):
    """A call of the token endpoint, by the account's clock."""

    at: datetime
    grant_type: str | None
    user: str | None
    """Whose code or refresh token came, a dead one too."""
    fault: str | None
    """What the fault that it met does."""
    status: int | None = None
    """None until it is answered."""
    error: str | None = None
    issued: bool = False
    """Whether it gave tokens; a fault can withhold them from the caller all the same."""
