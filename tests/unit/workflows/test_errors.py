"""What a failed activity says, and what a store's errors mean."""

import asyncpg
import pytest
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, TimeoutError, TimeoutType

from muster.store.pool import UNAVAILABLE
from workflows.errors import (
    Gone,
    NeedsPerson,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RequestInvalid,
    Temporary,
    failure_of,
    refusal_of,
)


def failed(cause: BaseException) -> ActivityError:
    error = ActivityError(
        "failed",
        scheduled_event_id=1,
        started_event_id=2,
        identity="",
        activity_type="teams.show_card",
        activity_id="1",
        retry_state=RetryState.NON_RETRYABLE_FAILURE,
    )
    error.__cause__ = cause
    return error


GROUPS = (Temporary, NeedsPerson, Gone)
LEAVES = [leaf for group in GROUPS for leaf in group.__subclasses__()] + [OutcomeUnknown]


def test_every_error_is_in_a_group() -> None:
    assert set(OutsideError.__subclasses__()) == {*GROUPS, OutcomeUnknown}


@pytest.mark.parametrize("kind", LEAVES)
def test_only_what_may_pass_by_itself_is_retried(kind: type[OutsideError]) -> None:
    assert kind.retryable is issubclass(kind, Temporary)


@pytest.mark.parametrize("kind", LEAVES)
def test_a_foreseen_error_is_known_by_its_name(kind: type[OutsideError]) -> None:
    assert failure_of(failed(kind("text").to_application_error())) == (kind, None, None)


def test_the_wait_that_is_asked_for_is_told() -> None:
    cause = RateLimited("too many", retry_after=7).to_application_error()
    assert failure_of(failed(cause)) == (RateLimited, 7, None)


@pytest.mark.parametrize("code", ["2019", "insufficient_scope:services.read,teams.read", "Mess-1.2"])
def test_a_code_is_kept(code: str) -> None:
    cause = RequestInvalid("no", code=code, says="The account has ten").to_application_error()
    assert failure_of(failed(cause)) == (RequestInvalid, None, code)


@pytest.mark.parametrize("code", [None, "", "The account has ten", "a" * 301, "<b>", "2019\n", 2019])
def test_what_is_no_code_is_not_kept(code: object) -> None:
    cause = ApplicationError("no", code, None, type="RequestInvalid")
    assert failure_of(failed(cause)) == (RequestInvalid, None, None)


def test_what_the_provider_answered_survives_the_journey() -> None:
    error = RequestInvalid("PagerDuty answered 400 (2001)", code="2001", says="Title cannot be empty")
    assert refusal_of(failed(error.to_application_error())) == ("2001", "Title cannot be empty")


@pytest.mark.parametrize(
    "cause",
    [
        ProviderUnavailable("down").to_application_error(),
        ApplicationError("from an earlier version", None, None, type="Forbidden"),
        ApplicationError("2001", "2001", type="LockNotAvailableError"),
        ValueError("2001"),
    ],
)
def test_a_failure_without_an_answer_has_no_refusal(cause: Exception) -> None:
    assert refusal_of(failed(cause)) is None


def test_an_error_that_nobody_foresaw_leaves_open_what_was_done() -> None:
    cause = ApplicationError("lock timeout", type="LockNotAvailableError")
    assert failure_of(failed(cause)).kind is OutcomeUnknown


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (TimeoutType.SCHEDULE_TO_START, ProviderUnavailable),
        (TimeoutType.HEARTBEAT, OutcomeUnknown),
        (TimeoutType.START_TO_CLOSE, OutcomeUnknown),
    ],
)
def test_only_what_no_worker_took_was_certainly_not_done(
    kind: TimeoutType, expected: type[OutsideError]
) -> None:
    cause = TimeoutError("timeout", type=kind, last_heartbeat_details=[])
    assert failure_of(failed(cause)).kind is expected


@pytest.mark.parametrize(
    "kind",
    [
        asyncpg.AdminShutdownError,
        asyncpg.CannotConnectNowError,
        asyncpg.DeadlockDetectedError,
        asyncpg.DiskFullError,
        asyncpg.LockNotAvailableError,
        asyncpg.QueryCanceledError,
        asyncpg.ReadOnlySQLTransactionError,
        asyncpg.TooManyConnectionsError,
    ],
)
def test_a_database_that_is_down_or_busy_is_unavailable(kind: type[Exception]) -> None:
    assert issubclass(kind, UNAVAILABLE)


@pytest.mark.parametrize("kind", [asyncpg.UniqueViolationError, asyncpg.UndefinedColumnError])
def test_a_mistake_of_ours_is_not(kind: type[Exception]) -> None:
    assert not issubclass(kind, UNAVAILABLE)
