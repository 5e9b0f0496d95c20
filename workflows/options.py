"""Timeouts and retries, by kind of call. Whether an error is worth a retry is the error's own business."""

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy

from workflows.errors import RateLimited

ANSWER_IS_READ = timedelta(seconds=8)
"""How long the sentence of a click that was not done stays on the screen of whoever clicked."""

ANSWERS_HOLD = timedelta(seconds=20)
"""The longest time for which such sentences, one after the other, hold an edit back."""

LATE_CLICK = timedelta(minutes=5)
"""A click that reaches its handler later than this is reported, not done."""

STALE_NEWS = timedelta(minutes=10)
"""News older than this is not announced any more; the card shows the state."""

FIRST_BACK_OFF = timedelta(seconds=1)
LONGEST_BACK_OFF = timedelta(seconds=60)
"""Bounds of a reconciler's doubling wait while a provider is away. Promise: after an outage every card is
right within two minutes (docs/decisions/0006)."""

REFUSAL_BACK_OFFS = (timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=60))
"""Waits after the first refusals in a row that may be of a moment."""

REFUSED_BACK_OFF = timedelta(minutes=5)
"""The wait after every later one, and after each refusal that only people can mend."""


class Options(TypedDict, total=False):
    """The keyword arguments of ``workflow.execute_activity`` that a kind of call fixes."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    schedule_to_start_timeout: timedelta
    heartbeat_timeout: timedelta
    retry_policy: RetryPolicy


ONE_ATTEMPT = RetryPolicy(maximum_attempts=1)

TEAMS_SHOW = Options(
    start_to_close_timeout=timedelta(seconds=12),
    schedule_to_start_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(seconds=22),
    heartbeat_timeout=timedelta(seconds=3),
    retry_policy=ONE_ATTEMPT,
)
"""Sends that show the state of a moment: the reconciler is the only retry. Connector limit: 8 s."""

TEAMS_PRIVATE = Options(
    start_to_close_timeout=timedelta(seconds=28),
    schedule_to_start_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(seconds=38),
    heartbeat_timeout=timedelta(seconds=3),
    retry_policy=ONE_ATTEMPT,
)
"""Three calls of at most 8 s: a targeted message that is refused, the private chat that has to be opened, the
message there. Said at most once."""

TEAMS_ONCE = Options(
    start_to_close_timeout=timedelta(seconds=28),
    schedule_to_close_timeout=timedelta(minutes=2),
    heartbeat_timeout=timedelta(seconds=3),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500), maximum_interval=timedelta(seconds=5)
    ),
)
"""A send of at most 24 s (a private one takes three calls) whose row says whether it began. Each attempt
reads it first, so that it is sent once; the later ones tell what came of it."""

PAGERDUTY_INTERACTIVE = Options(
    start_to_close_timeout=timedelta(seconds=5),
    schedule_to_close_timeout=timedelta(seconds=60),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=500),
        maximum_attempts=2,
        non_retryable_error_types=[RateLimited.__name__],
    ),
)
"""Inside a click: a read (2 s) and a write (2 s), tried twice; the second begins with the read.

Both tries take 11 s at most. The rest of the minute is for a worker that was killed and is starting again:
the click is done late then, and does not fail for want of a worker.

A limit is not waited out: the person would hear of it only after the answer to the click, which then
cannot say it.
"""

PAGERDUTY_READ = Options(
    start_to_close_timeout=timedelta(seconds=8),
    schedule_to_close_timeout=timedelta(seconds=30),
    retry_policy=ONE_ATTEMPT,
)

PAGERDUTY_CONVERGE = Options(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(seconds=70),
    heartbeat_timeout=timedelta(seconds=5),
    retry_policy=ONE_ATTEMPT,
)
"""Several calls of at most 10 s each, in turn with whoever else is at the same account. What it left half
done is found by the next one: the run that asks for it is the only retry, and tells why it takes longer. It
beats, since whoever connects waits where a worker was killed; longer than for a send, since one that is taken
for dead while PagerDuty answers has made a subscription that has to be deleted."""

BRING_IN = Options(
    start_to_close_timeout=timedelta(minutes=3),
    schedule_to_close_timeout=timedelta(minutes=4),
    heartbeat_timeout=timedelta(seconds=10),
    retry_policy=ONE_ATTEMPT,
)
"""Pages of at most 10 s each, then signals as in ``SIGNAL_MANY``. Done again it changes nothing: the
reconciler is the only retry."""

PAGERDUTY_RESTORE = Options(
    start_to_close_timeout=timedelta(seconds=2),
    schedule_to_close_timeout=timedelta(seconds=4),
    retry_policy=ONE_ATTEMPT,
)

GRAPH_READ = Options(
    start_to_close_timeout=timedelta(seconds=20),
    schedule_to_close_timeout=timedelta(seconds=60),
    retry_policy=ONE_ATTEMPT,
)
"""A token (two calls of at most 7 s) and a read. The reconciler is the only retry."""

GRAPH_WRITE = Options(
    start_to_close_timeout=timedelta(seconds=30),
    schedule_to_start_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(seconds=40),
    heartbeat_timeout=timedelta(seconds=3),
    retry_policy=ONE_ATTEMPT,
)
"""A token and some calls. What takes longer goes on without its activity and is recorded all the same. The
reconciler is the only retry, and looks where it may be done."""

GRAPH_PEOPLE = Options(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_start_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(seconds=70),
    heartbeat_timeout=timedelta(seconds=3),
    retry_policy=ONE_ATTEMPT,
)
"""Calls for some people, four at once. What is known of each is a row, so that the next one goes on."""

STORE = Options(
    start_to_close_timeout=timedelta(seconds=5),
    schedule_to_close_timeout=timedelta(minutes=2),
)

SIGNAL_ONE = Options(
    start_to_close_timeout=timedelta(seconds=5),
    schedule_to_close_timeout=timedelta(seconds=15),
    retry_policy=ONE_ATTEMPT,
)
"""A signal of at most 3 s. The reconciler is the only retry."""

SIGNAL_MANY = Options(
    start_to_close_timeout=timedelta(seconds=60),
    schedule_to_close_timeout=timedelta(minutes=3),
)
"""Signals to all workflows that wait, ten at once and each of at most 3 s: 200 of them in the worst case."""

ASK_RUN = Options(
    start_to_close_timeout=timedelta(seconds=10),
    schedule_to_close_timeout=timedelta(seconds=15),
    retry_policy=ONE_ATTEMPT,
)
"""The answer of another workflow's run, waited for 6 s. The reconciler is the only retry."""

UPKEEP_READ = Options(
    start_to_close_timeout=timedelta(seconds=15),
    schedule_to_close_timeout=timedelta(minutes=2),
    retry_policy=RetryPolicy(maximum_attempts=3),
)
"""One quick read that the rest of a daily run counts with."""

UPKEEP = Options(
    start_to_close_timeout=timedelta(minutes=30),
    schedule_to_close_timeout=timedelta(hours=1),
    heartbeat_timeout=timedelta(seconds=10),
    retry_policy=RetryPolicy(maximum_attempts=5),
)
"""A batch of a daily run: calls for 50 links, of at most 20 s each. A worker that is starved for seconds is
not taken for dead: nobody waits. Another attempt goes on where the last heartbeat says."""
