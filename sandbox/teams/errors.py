"""The errors of the Bot Connector, with its shape and codes."""

from fastapi.responses import JSONResponse, Response


class ConnectorError(Exception):
    """An error that the caller gets as ``{"error": {"code", "message"}}``."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        retry_after: int | None = None,
        sub_code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.sub_code = sub_code

    def response(self) -> Response:
        """The answer the bot gets."""
        sub_code = {} if self.sub_code is None else {"subCode": self.sub_code}
        return JSONResponse(
            {"error": {"code": self.code, "message": self.message} | sub_code},
            status_code=self.status,
            headers=None if self.retry_after is None else {"Retry-After": str(self.retry_after)},
        )


def bad_syntax(message: str) -> ConnectorError:
    """The body is wrong for this operation."""
    return ConnectorError(400, "BadSyntax", message)


def bad_argument(message: str) -> ConnectorError:
    """What the body names cannot be named here."""
    return ConnectorError(400, "BadArgument", message)


def unauthorized(message: str) -> ConnectorError:
    """The bearer token is missing or does not verify."""
    return ConnectorError(401, "Unauthorized", message)


def bot_not_registered() -> ConnectorError:
    """The token is valid but belongs to another app."""
    return ConnectorError(401, "BotNotRegistered", "No bot is registered for the app of this token.")


def bot_not_in_roster() -> ConnectorError:
    """The bot is not installed in the conversation."""
    return ConnectorError(
        403, "BotNotInConversationRoster", "The bot is not part of the conversation roster."
    )


def writes_blocked() -> ConnectorError:
    """The team is archived. That bots are refused too, and how, is our choice: it is not documented."""
    return ConnectorError(403, "Forbidden", "The team is archived.", sub_code="MessageWritesBlocked")


def recipient_not_in_roster() -> ConnectorError:
    """The person of a targeted message is not in the conversation: the same code, as a 404."""
    return ConnectorError(
        404, "BotNotInConversationRoster", "The recipient is not part of the conversation roster."
    )


def conversation_not_found() -> ConnectorError:
    """There is no such channel, chat or thread."""
    return ConnectorError(404, "ConversationNotFound", "Conversation not found.")


def activity_not_found() -> ConnectorError:
    """The message is deleted or does not exist."""
    return ConnectorError(404, "ActivityNotFoundInConversation", "Activity not found in the conversation.")


def service_error() -> ConnectorError:
    """A person deleted the bot's message (BotFramework-Services #269)."""
    return ConnectorError(403, "ServiceError", "Unknown")


def member_not_found() -> ConnectorError:
    """The person is not in the conversation."""
    return ConnectorError(404, "MemberNotFoundInConversation", "Member not found in the conversation.")


def message_too_big(limit: int) -> ConnectorError:
    """The message is larger than Teams allows."""
    return ConnectorError(413, "MessageSizeTooBig", f"Message size too large: the limit is {limit} bytes.")


def throttled(retry_after: int) -> ConnectorError:
    """The bot made more calls than a published rate limit allows."""
    return ConnectorError(429, "Throttled", "Too many requests.", retry_after=retry_after)
