"""The errors of the REST API: HTTP status, PagerDuty's error code, and its text.

Codes and meanings come from PagerDuty's list of error codes. Each function makes one error.
"""

from collections.abc import Mapping, Sequence


class ApiError(Exception):
    """An error that the caller gets as the answer."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        errors: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """The answer's JSON."""
        return {"error": {"message": str(self), "code": self.code, "errors": list(self.errors)}}


def already_resolved() -> ApiError:
    """The incident is resolved. The list has 1001 for it; PagerDuty sends 2001 and says it in ``errors``."""
    return invalid_input("Incident Already Resolved")


def already_acknowledged() -> ApiError:
    """1002: the same user acknowledges a second time."""
    return ApiError(400, 1002, "Incident Already Acknowledged")


def invalid_status(status: object) -> ApiError:
    """1003: there is no such status."""
    return ApiError(400, 1003, "Invalid Status Provided", errors=[f"{status!r} is not a status"])


def invalid_incident_id(incident: object) -> ApiError:
    """1004: an update of several incidents names one that does not exist."""
    return ApiError(400, 1004, "Invalid Id Provided", errors=[f"{incident!r} is not an incident"])


def cannot_escalate(reason: str) -> ApiError:
    """1006: there is no such level."""
    return ApiError(400, 1006, "Incident Cannot Be Escalated", errors=[reason])


def assignee_unknown(user: object) -> ApiError:
    """1007: the assignee does not exist."""
    return ApiError(400, 1007, "Assignee User Not Found", errors=[f"{user!r} is not a user"])


def requester_unknown() -> ApiError:
    """1008: ``From`` is missing or is not the e-mail address of a user."""
    return ApiError(
        400,
        1008,
        "Requester User Not Found",
        errors=["From must be the e-mail address of a user of the account"],
    )


def escalation_policy_unknown(policy: object) -> ApiError:
    """1014: the escalation policy does not exist."""
    return ApiError(
        400, 1014, "Escalation Policy Not Found", errors=[f"{policy!r} is not an escalation policy"]
    )


def already_merged() -> ApiError:
    """1019: the incident to merge is merged already."""
    return ApiError(400, 1019, "Incident Already Merged")


def priority_unknown(priority: object) -> ApiError:
    """1020: no priority has this id or name."""
    return ApiError(400, 1020, "Priority Not Found", errors=[f"{priority!r} is not a priority"])


def invalid_input(*errors: str) -> ApiError:
    """2001: the arguments of the request are wrong."""
    return ApiError(400, 2001, "Invalid Input Provided", errors=errors)


def unauthorized() -> ApiError:
    """2006: the credentials are missing, unknown or expired."""
    return ApiError(401, 2006, "Unauthorized", headers={"WWW-Authenticate": "Token"})


def access_denied(reason: str) -> ApiError:
    """2010: the credentials do not allow this."""
    return ApiError(403, 2010, "Access Denied", errors=[reason])


def ability_missing(ability: str) -> ApiError:
    """2014: the account's plan does not include the ability."""
    return ApiError(402, 2014, "Account does not have the abilities to perform the action", errors=[ability])


def limit_reached(what: str) -> ApiError:
    """2019: the account has as many as PagerDuty allows."""
    return ApiError(400, 2019, "Product Limit Reached", errors=[what])


def rate_limited() -> ApiError:
    """2020: the credential made too many requests in this minute."""
    return ApiError(429, 2020, "Rate Limit Exceeded")


def not_found() -> ApiError:
    """2100: there is no such object."""
    return ApiError(404, 2100, "Not Found")


def too_large(reason: str) -> ApiError:
    """The request asks for more at once than is allowed."""
    return ApiError(413, 2001, "Request Entity Too Large", errors=[reason])
