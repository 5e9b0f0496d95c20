"""The API's refusals: HTTP status, PagerDuty's own code, and its text.

Codes and meanings are those of PagerDuty's list of error codes; one constructor for each that the
simulator can answer.
"""

from collections.abc import Mapping, Sequence


class ApiError(Exception):
    """A refusal on its way to the caller."""

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
    """1001: resolving what is resolved."""
    return ApiError(400, 1001, "Incident Already Resolved")


def already_acknowledged() -> ApiError:
    """1002: the same person acknowledging twice."""
    return ApiError(400, 1002, "Incident Already Acknowledged")


def invalid_status(status: object) -> ApiError:
    """1003: a status that does not exist."""
    return ApiError(400, 1003, "Invalid Status Provided", errors=[f"{status!r} is not a status"])


def invalid_incident_id(incident: object) -> ApiError:
    """1004: an update of many names an incident that does not exist."""
    return ApiError(400, 1004, "Invalid Id Provided", errors=[f"{incident!r} is not an incident"])


def cannot_escalate(reason: str) -> ApiError:
    """1006: there is no such level, or the incident is resolved."""
    return ApiError(400, 1006, "Incident Cannot Be Escalated", errors=[reason])


def assignee_unknown(user: object) -> ApiError:
    """1007: assigned to nobody that exists."""
    return ApiError(400, 1007, "Assignee User Not Found", errors=[f"{user!r} is not a user"])


def requester_unknown() -> ApiError:
    """1008: no ``From``, or not the e-mail of a user."""
    return ApiError(
        400,
        1008,
        "Requester User Not Found",
        errors=["From must be the e-mail address of a user of the account"],
    )


def cannot_reassign() -> ApiError:
    """1011: a resolved incident has no assignees."""
    return ApiError(400, 1011, "Incident Cannot Be Reassigned", errors=["The incident is resolved"])


def escalation_policy_unknown(policy: object) -> ApiError:
    """1014: delegated to a policy that does not exist."""
    return ApiError(
        400, 1014, "Escalation Policy Not Found", errors=[f"{policy!r} is not an escalation policy"]
    )


def priority_unknown(priority: object) -> ApiError:
    """1020: no priority of that id or name."""
    return ApiError(400, 1020, "Priority Not Found", errors=[f"{priority!r} is not a priority"])


def invalid_input(*errors: str) -> ApiError:
    """2001: the request's arguments are wrong."""
    return ApiError(400, 2001, "Invalid Input Provided", errors=errors)


def unauthorized() -> ApiError:
    """2006: no credentials, or none that are (still) good."""
    return ApiError(401, 2006, "Unauthorized", headers={"WWW-Authenticate": "Token"})


def access_denied(reason: str) -> ApiError:
    """2010: known, but not allowed."""
    return ApiError(403, 2010, "Access Denied", errors=[reason])


def ability_missing(ability: str) -> ApiError:
    """2014: the account's plan does not have it."""
    return ApiError(402, 2014, "Account does not have the abilities to perform the action", errors=[ability])


def limit_reached(what: str) -> ApiError:
    """2019: as many as the product allows."""
    return ApiError(400, 2019, "Product Limit Reached", errors=[what])


def rate_limited() -> ApiError:
    """2020: too many requests in this minute."""
    return ApiError(429, 2020, "Rate Limit Exceeded")


def not_found() -> ApiError:
    """2100: there is nothing under this address."""
    return ApiError(404, 2100, "Not Found")


def too_large(reason: str) -> ApiError:
    """The request asks for more at once than is allowed."""
    return ApiError(413, 2001, "Request Entity Too Large", errors=[reason])
