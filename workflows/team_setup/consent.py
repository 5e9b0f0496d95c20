"""The consent: the roles of a fresh token, read until nothing required is missing."""

from datetime import timedelta

from temporalio import workflow

from workflows.contract import call
from workflows.errors import Failure
from workflows.team_setup.activities import READ_ROLES, ReadRoles
from workflows.team_setup.fold import with_consent_link, with_roles
from workflows.team_setup.messages import Deadlines
from workflows.team_setup.reconcilers import SetupReconciler
from workflows.team_setup.state import Reading


def waits_of(deadlines: Deadlines) -> tuple[float, ...]:
    """Seconds before each reading after somebody came back from the consent page: consent spreads slowly."""
    return (
        *deadlines.role_reads,
        *(deadlines.minute,) * deadlines.role_reads_each_minute,
        *(deadlines.hour,) * deadlines.role_reads_each_hour,
    )


class ConsentReconciler(SetupReconciler):
    """Reads the roles when they may have changed."""

    name = "consent"

    def is_due(self) -> bool:
        """They are to be read now."""
        return self._run.state.roles_wanted

    async def reconcile(self) -> None:
        """Read them once."""
        run = self._run
        reading = run.state.reading
        number = f"reading {reading.number + 1} after a return" if reading else "what is granted already"
        roles = await call(READ_ROLES, ReadRoles(tenant=run.start.tenant), number)
        state = with_roles(run.state, roles.missing, run.now)
        if state.reading is not None and state.reading == reading:
            read = reading.number + 1
            is_last = read >= len(waits_of(run.deadlines))
            state = state.replace(reading=None if is_last else Reading(number=read, since=reading.since))
        run.apply(state)

    def on_failure(self, failure: Failure) -> None:
        """The consent can be asked for although nobody knows what is granted."""
        self._run.apply(with_consent_link(self._run.state.replace(roles_unread=True)))

    async def watch(self) -> None:
        """After a return, want the next reading when its time has come."""
        run = self._run
        while True:
            await workflow.wait_condition(
                lambda: run.draining or (run.state.reading is not None and not run.state.roles_wanted)
            )
            reading = run.state.reading
            if run.draining or reading is None:
                return
            wait = waits_of(run.deadlines)[reading.number]
            if wait == 0 or await self._is_time(reading, timedelta(seconds=wait)):
                run.apply(run.state.replace(roles_wanted=True))

    async def _is_time(self, reading: Reading, wait: timedelta) -> bool:
        """Wait for the next reading; ``False`` where something else has changed meanwhile."""
        run = self._run
        try:
            await workflow.wait_condition(
                lambda: run.draining or run.state.reading != reading,
                timeout=wait,
                timeout_summary=f"until reading {reading.number + 1} of the granted roles",
            )
        except TimeoutError:
            return True
        return False
