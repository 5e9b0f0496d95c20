"""Clicks on one card: each comes to one outcome, however often and by whatever way it arrives."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, NamedTuple

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.channel_incident.activities import VERB_CALLS, DoVerb
from workflows.channel_incident.announcements import with_own
from workflows.channel_incident.card import with_nonce, with_resend
from workflows.channel_incident.following import with_stopped
from workflows.channel_incident.orphans import with_orphan
from workflows.channel_incident.recording import Recorder
from workflows.channel_incident.run_state import RunState
from workflows.channel_incident.state import Orphan, PrivateMessage
from workflows.channel_incident.timeline import as_person, entry_of_click
from workflows.contract import call
from workflows.errors import failure_of, refusal_of
from workflows.verbs.click import Click
from workflows.verbs.judging import failed, judge, judge_following, judge_person
from workflows.verbs.outcomes import MAY_BE_REPEATED, TOLD_PRIVATELY, Outcome, RecordedOutcome
from workflows.verbs.registry import VERBS
from workflows.verbs.verb import Verb


class _Done(NamedTuple):
    """How doing it ended, and whether the activity has recorded it."""

    outcome: Outcome
    recorded: bool


class Clicks:
    """Brings clicks to their outcomes. Those of exclusive verbs wait for each other."""

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._handling: set[str] = set()
        self._status_lock = asyncio.Lock()
        self._recorder = Recorder(run)

    def busy(self) -> bool:
        """Whether a click is being handled."""
        return bool(self._handling)

    def is_changing_status(self) -> bool:
        """Whether PagerDuty is being told something: its answer will bring the incident's details."""
        return self._status_lock.locked()

    async def handle(self, click: Click) -> Outcome:
        """The click's one outcome: the recorded one, or by judging and acting now."""
        while click.key in self._handling:  # whoever wakes first may be handling it again
            await workflow.wait_condition(lambda: click.key not in self._handling)
        outcome = self._known(click)
        if outcome is None:
            self._handling.add(click.key)
            try:
                outcome = await self._judge_and_do(click)
            finally:
                self._handling.discard(click.key)
            self._fold(click, outcome)
        elif outcome.kind in MAY_BE_REPEATED:
            # The message still carries this click's nonce: the card of the answer must carry another one.
            self._run.apply(with_nonce(self._run.state, self._run.draw()))
        return outcome

    async def handle_unwatched(self, click: Click) -> None:
        """Handle a click whose answer nobody waits for: a failure is told privately, once.

        Nobody has seen the new nonce, so the card is edited for it where the button may be pressed again.
        The outcome may be known by now: its update ended after the API had given up on it.
        """
        outcome = await self.handle(click)
        if outcome.kind in TOLD_PRIVATELY and self._tell(click, outcome) and outcome.kind in MAY_BE_REPEATED:
            self._run.apply(with_resend(self._run.state))

    def note_orphan(self, click: Click) -> None:
        """Another run brought the click to its outcome: what is left to do here is to delete its orphan."""
        if click.orphan_marker is not None:
            orphan = Orphan(message=click.message, marker=click.orphan_marker)
            self._run.apply(with_orphan(self._run.state, orphan), cause=click.correlation)

    def _fold(self, click: Click, outcome: Outcome) -> None:
        run = self._run
        recorded = run.state.with_outcome(RecordedOutcome(key=click.key, outcome=outcome))
        run.apply(recorded, cause=click.correlation, entry=entry_of_click(click, outcome))
        run.apply(with_nonce(run.state, run.draw()))
        self.note_orphan(click)
        if click.orphan_marker is not None and outcome.kind in TOLD_PRIVATELY:
            self._tell(click, outcome)  # the answer goes with the message

    async def _judge_and_do(self, click: Click) -> Outcome:
        outcome = judge_person(click, workflow.now())
        if outcome is None:
            verb = VERBS[click.verb]
            async with self._lock_of(verb):
                # Waiting for others can take long: by now the click may be too late.
                outcome = (
                    judge_person(click, workflow.now())
                    or judge_following(verb, self._run.state.following)
                    or judge(verb, self._run.state.incident.standing)
                )
                if outcome is None:
                    done = await self._do(verb, click)
                    if done.recorded:
                        return done.outcome
                    outcome = done.outcome
        if outcome.kind == "unlinked":
            self._tell(click, outcome)
        await self._recorder.record(click, outcome)
        return outcome

    def _lock_of(self, verb: Verb) -> AbstractAsyncContextManager[Any]:
        return self._status_lock if verb.exclusive else nullcontext()

    async def _do(self, verb: Verb, click: Click) -> _Done:
        run = self._run
        before = run.state.incident.snapshot_stamp
        request = DoVerb(card=run.key, click=click)
        try:
            done = await call(VERB_CALLS[verb.activity], request, as_person(click))
        except ActivityError as error:
            return _Done(failed(failure_of(error).kind, refusal=refusal_of(error)), recorded=False)
        if done.details is not None:
            # Nothing arrived meanwhile: the answer to our own write is the newest there is.
            undisturbed = run.state.incident.snapshot_stamp == before
            details = done.details.model_copy(update={"reread": undisturbed})
            run.fold_details(details, whole=False, cause=click.correlation)
        if done.outcome.kind == "done":
            run.apply(with_own(run.state, verb, click, done.details, now=workflow.now()))
        if done.stopped is not None:
            run.apply(with_stopped(run.state, done.stopped), cause=click.correlation)
        return _Done(done.outcome, recorded=True)

    def _tell(self, click: Click, outcome: Outcome) -> bool:
        """Tell the person privately; ``False`` where they are being told, or were."""
        state = self._run.state
        message = PrivateMessage(click=click, outcome=outcome)
        private_messages = state.private_messages.with_waiting(message)
        self._run.apply(state.replace(private_messages=private_messages))
        return private_messages is not state.private_messages

    def _known(self, click: Click) -> Outcome | None:
        return next((one.outcome for one in self._run.state.clicks if one.key == click.key), None)
