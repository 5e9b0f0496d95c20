"""A run that follows an ended one must not forget: what was shown, then the incident as it is now."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.contract import RECALL_CARD, RECALL_INCIDENT, call
from workflows.errors import failure_of
from workflows.ledger import Ledger
from workflows.messages import Remembered
from workflows.model import card as cards
from workflows.reconcile import back_off


async def recall(ledger: Ledger) -> None:
    """Fold the card's row and PagerDuty's incident under what this run has been told already.

    The row must be had, however long it takes. PagerDuty is asked once, quickly; where it does not
    answer, the run goes on and is marked, and the details are read as soon as they can be.
    """
    remembered = await _row(ledger)
    ledger.state = cards.recalled(ledger.state, remembered, marker=ledger.draw())
    ledger.trouble("recall")
    try:
        details = await call(RECALL_INCIDENT, ledger.details_request(fresh=True), "as it is now")
    except ActivityError as error:
        ledger.trouble("recall", failure_of(error)[0])
    else:
        ledger.fold_details(details)
    ledger.advance(cards.without_old_news(ledger.state), ledger.state.cause)


async def _row(ledger: Ledger) -> Remembered:
    failures = 0
    while True:
        try:
            return await call(RECALL_CARD, ledger.key, "what was shown")
        except ActivityError as error:
            failures += 1
            kind, retry_after = failure_of(error)
            wait = back_off(kind, failures=failures, retry_after=retry_after)
            ledger.trouble("recall", kind, workflow.now() + wait)
            await workflow.sleep(wait, summary=f"back-off after {kind}")
