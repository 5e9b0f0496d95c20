"""What the Bot Connector refuses, and why: every (call, status, code) in one table, each with its source.

A refusal is about one of four things, and that decides what is done next:

============  ===========================  =======================================================
about         error, unless a row has its  what follows
============  ===========================  =======================================================
message       ``CardGone``                 the message is not there: a new one is posted
conversation  ``BotRemoved``               the bot may not write there until people do something
moment        ``RefusedForNow``            nothing was done, and the same call may work soon
request       ``RequestInvalid``           the call is wrong, and fails again as it is
============  ===========================  =======================================================

Refusals that are not in the table are about the moment.
"""

from collections.abc import Collection, Container, Sequence
from typing import Literal, NamedTuple, get_args

from workflows.errors import (
    BotRemoved,
    CardGone,
    Conflict,
    ConversationUnavailable,
    CredentialRejected,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RefusedForNow,
    RequestInvalid,
)

ConnectorCall = Literal["post", "reply", "edit", "delete", "open", "member", "roster", "team"]
"""Post a message, reply in its thread, edit it, delete it, open a personal conversation, read a member, read
who is in a conversation, read a team or its channels."""

Subject = Literal["message", "conversation", "moment", "request"]

_ALL: frozenset[ConnectorCall] = frozenset(get_args(ConnectorCall))
_OF_A_MESSAGE: frozenset[ConnectorCall] = frozenset({"reply", "edit", "delete"})
_OF_A_PERSON: frozenset[ConnectorCall] = frozenset({"open", "member"})
_4XX, _5XX = range(400, 500), range(500, 600)
_DOCUMENTED = "msteams-docs, *Conversation messages*, status code responses"
_HTTP = "RFC 9110 §15.5, RFC 6585 §5"


class Row(NamedTuple):
    """A row: the answers that it is for, what they are about, and the error that callers get."""

    statuses: Container[int]
    code: str | None
    """The connector's ``code`` or ``subCode``; ``None``: whatever it says."""
    about: Subject
    error: type[OutsideError]
    source: str
    calls: frozenset[ConnectorCall] = _ALL


REFUSED: tuple[Row, ...] = (
    # Whatever code comes with it, the connector may have done what it was asked to do.
    Row({408, *_5XX}, None, "moment", OutcomeUnknown, f"{_DOCUMENTED}; openclaw #121116"),
    Row(_4XX, "ActivityNotFoundInConversation", "message", CardGone, _DOCUMENTED),
    # A message that a person deleted. A post answered so is about the moment: msteams-docs #7613.
    Row({403}, "ServiceError", "message", CardGone, "BotFramework-Services #269", _OF_A_MESSAGE),
    # The thread of a reply is named after its card, and is not found when the card is deleted.
    Row({404}, "ConversationNotFound", "message", CardGone, "msteams-docs #1697", frozenset({"reply"})),
    Row(_4XX, "BotNotInConversationRoster", "conversation", BotRemoved, _DOCUMENTED),
    Row(_4XX, "ConversationBlockedByUser", "conversation", BotRemoved, _DOCUMENTED),
    Row(_4XX, "MessageWritesBlocked", "conversation", BotRemoved, "docs/platform-facts.md §5.4"),
    Row(_4XX, "ForbiddenOperationException", "conversation", BotRemoved, _DOCUMENTED),
    Row(_4XX, "NotEnoughPermissions", "conversation", Forbidden, _DOCUMENTED),
    # These two also come at random, for conversations that are fine.
    Row(
        _4XX,
        "ConversationNotFound",
        "conversation",
        ConversationUnavailable,
        f"{_DOCUMENTED}; msteams-docs #9425, BotFramework-Services #220",
    ),
    Row(
        _4XX,
        "BotDisabledByAdmin",
        "conversation",
        ConversationUnavailable,
        f"{_DOCUMENTED}; BotFramework-Services #200",
    ),
    Row({403}, "BadArgument", "moment", RefusedForNow, "agents-toolkit #10059, msteams-docs #9561"),
    Row({400}, "BadArgument", "moment", RefusedForNow, "msteams-docs #7424"),
    Row({400}, "BadSyntax", "moment", RefusedForNow, "botframework-sdk #5061"),
    Row({403}, "ServiceError", "moment", RefusedForNow, "msteams-docs #7613"),
    Row({412}, None, "moment", Conflict, _DOCUMENTED),
    Row({429}, None, "moment", RateLimited, _DOCUMENTED),
    Row(_4XX, "InvalidBotApiHost", "request", RequestInvalid, _DOCUMENTED),
    Row({401}, None, "request", CredentialRejected, _DOCUMENTED),
    Row({404}, None, "request", NotFound, "the person is not there", _OF_A_PERSON),
    Row({404}, None, "request", NotFound, "msteams-docs, *Get Teams context*", frozenset({"team"})),
    Row({413}, None, "request", RequestInvalid, _DOCUMENTED),
    Row({405, 406, 411, 414, 415, 431}, None, "request", RequestInvalid, _HTTP),
)
"""The first row that fits decides."""

UNKNOWN = Row(
    range(1000), None, "moment", RefusedForNow, "botframework-sdk #4860, BotFramework-Services #349"
)
"""What is in no row: the connector also answers 400, 403 and 404 at random."""


_TARGETED_REFUSED = frozenset({400, 403, 404, 405, 501})


class TargetedRefused(Exception):
    """Teams did not post a targeted message, and may post the same in a private chat: nothing was done.

    No ``OutsideError``, since the one who sends chooses another way at once: no workflow and no history
    sees it. By ``status`` and ``code`` that one finds the row of the table (``row_of``, as of a post): what
    is about the conversation or the message says nothing of the tenant, and a person who is not a member is
    among it. Source: msteams-docs ``agents-in-teams/targeted-messages``.
    """

    def __init__(self, status: int, code: str | None) -> None:
        super().__init__(f"the Bot Connector answered {status}" + (f" ({code})" if code else ""))
        self.status = status
        self.code = code


def targeted_refusal(status: int, codes: Sequence[str]) -> TargetedRefused | None:
    """What an answer to a targeted post refuses as such; None: the table says what it is about."""
    if status not in _TARGETED_REFUSED:
        return None
    return TargetedRefused(status, next(iter(codes), None))


def row_of(call: ConnectorCall, status: int, codes: Collection[str]) -> Row:
    """The row of an answer with any of these codes."""
    return next((row for row in REFUSED if _fits(row, call, status, codes)), UNKNOWN)


def error_of(row: Row, *, repeatable: bool) -> type[OutsideError]:
    """The error that callers get: where repeating is harmless, nothing is unknown."""
    return ProviderUnavailable if repeatable and row.error is OutcomeUnknown else row.error


def _fits(row: Row, call: ConnectorCall, status: int, codes: Collection[str]) -> bool:
    return call in row.calls and status in row.statuses and (row.code is None or row.code in codes)
