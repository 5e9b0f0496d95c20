"""How long a reconciler waits after a failure."""

from datetime import timedelta

import pytest

from workflows.errors import (
    BotRemoved,
    CardGone,
    ConsentMissing,
    ConversationUnavailable,
    CredentialRejected,
    Failure,
    Forbidden,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RefusedForNow,
    RequestInvalid,
)
from workflows.reconcile import back_off


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (10_000, 60)]
)
def test_it_waits_ever_longer_and_never_more_than_a_minute(failures: int, seconds: int) -> None:
    wait = back_off(Failure(ProviderUnavailable), failures=failures)
    assert wait == timedelta(seconds=seconds)


@pytest.mark.parametrize("kind", [RefusedForNow, ConversationUnavailable])
@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 2), (2, 5), (3, 15), (4, 60), (5, 300), (6, 300), (10_000, 300)]
)
def test_a_refusal_that_may_pass_is_tried_again_soon_and_then_every_five_minutes(
    kind: type[OutsideError], failures: int, seconds: int
) -> None:
    assert back_off(Failure(kind), failures=failures) == timedelta(seconds=seconds)


@pytest.mark.parametrize("kind", [RateLimited, ProviderUnavailable, BotRemoved, RefusedForNow])
def test_it_waits_as_long_as_it_is_asked(kind: type[OutsideError]) -> None:
    assert back_off(Failure(kind, retry_after=2.5), failures=5) == timedelta(seconds=2.5)


@pytest.mark.parametrize("kind", [BotRemoved, ConsentMissing, Forbidden, RequestInvalid])
def test_it_waits_five_minutes_for_what_only_people_can_mend(kind: type[OutsideError]) -> None:
    assert back_off(Failure(kind), failures=1) == timedelta(minutes=5)


def test_whoever_asks_for_no_wait_is_given_a_second() -> None:
    assert back_off(Failure(RateLimited, retry_after=0), failures=1) == timedelta(seconds=1)


def test_a_message_that_is_gone_is_replaced_at_once_and_not_for_ever() -> None:
    assert back_off(Failure(CardGone), failures=1) == timedelta(0)
    assert back_off(Failure(CardGone), failures=2) == timedelta(seconds=2)


def test_a_credential_is_tried_again_soon_since_nobody_tells_when_it_is_renewed() -> None:
    assert back_off(Failure(CredentialRejected), failures=1) == timedelta(seconds=1)
