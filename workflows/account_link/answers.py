"""What is asked of a run by buttons, commands, clicks and the page, and what each is answered."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.account_link.fold import asked
from workflows.account_link.messages import LinkAnswer, Linked, OfferLink
from workflows.account_link.restore import follow_row
from workflows.account_link.run_state import RunState
from workflows.account_link.state import MOST_ANSWERS
from workflows.errors import failure_of


class Answers:
    """Folds what somebody asks for, once for each request."""

    def __init__(self, run: RunState) -> None:
        self._run = run

    async def offered(self, request: OfferLink) -> LinkAnswer:
        """An offer is asked for; the row says whether the person is linked and whether one is open."""
        run = self._run
        if run.state.answer(request.key) is None and run.state.step != "new":
            await self._followed_row("is the person linked?")
        known = run.state.answer(request.key)
        if known is None:
            state, known = asked(run.state, request, now=run.now, within=run.click_waits)
            run.apply(state.replace(answered=(*state.answered, known)[-MOST_ANSWERS:]))
        return LinkAnswer(reply=known.reply, name=known.name, place=known.place)

    async def linked(self, linked: Linked) -> LinkAnswer:
        """An offer was spent: the row says whether, and by whom."""
        run = self._run
        if not await self._followed_row(f"offer {linked.offer} was spent"):
            run.apply(run.state.with_row_asked())
            return LinkAnswer(reply="done")
        if run.state.is_linked and run.state.known is not None:
            return LinkAnswer(reply="done", name=run.state.known.name)
        return LinkAnswer(reply="done" if run.state.step == "linked" else "not_under_way")

    async def _followed_row(self, summary: str) -> bool:
        """Take what the rows decide; ``False`` where they cannot be read."""
        try:
            await follow_row(self._run, summary)
        except ActivityError as error:
            workflow.logger.warning("the rows could not be read: %s", failure_of(error).name)
            return False
        return True
