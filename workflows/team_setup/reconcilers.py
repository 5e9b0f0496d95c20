"""What follows the state outside: rows, links, names. Messages and roles have modules of their own."""

from typing import NamedTuple

from workflows.contract import call
from workflows.errors import Failure
from workflows.reconcile import Reconciler
from workflows.team_setup.activities import (
    MAKE_OFFER,
    READ_NAMES,
    READ_ORGANIZATION,
    RECORD_SETUP,
    WAKE_SETUPS,
    LinkKind,
    MakeOffer,
    OfTeam,
    ReadRoles,
)
from workflows.team_setup.restore import read_setup, with_row
from workflows.team_setup.row import fingerprint_of_row, row_of
from workflows.team_setup.run_state import RunState
from workflows.team_setup.state import Link


class SetupReconciler(Reconciler):
    """One that follows the state of a set-up, and keeps a run alive until it does, unless it cannot."""

    def __init__(self, run: RunState) -> None:
        self._run = run

    def holds_run(self) -> bool:
        """What cannot be done for now does not keep a run that is over."""
        return self.is_due() and not self._run.is_degraded(self.name)


class RowReconciler(SetupReconciler):
    """Writes how the set-up stands into the team's row; a removal is written before a run ends."""

    name = "row"

    def is_due(self) -> bool:
        """The row holds something else."""
        state = self._run.state
        return state.step != "new" and fingerprint_of_row(state) != state.recorded

    def holds_run(self) -> bool:
        """Links must die before the run does."""
        return self.is_due()

    async def reconcile(self) -> None:
        """Write all of it."""
        run = self._run
        recorded = fingerprint_of_row(run.state)
        await call(RECORD_SETUP, row_of(run.state), run.state.step)
        run.apply(run.state.replace(recorded=recorded))


class DeadlineReconciler(SetupReconciler):
    """A link may be over: asks the row, which decides, whether it is and whether it was used."""

    name = "deadline"

    def is_due(self) -> bool:
        """The row is to be asked."""
        return self._run.state.row_wanted

    async def reconcile(self) -> None:
        """Ask, and fold what the row says."""
        run = self._run
        stored = await read_setup(run, "is the link over, or used?")
        run.apply(with_row(run.state.replace(row_wanted=False), stored, run.now))


class _Wanted(NamedTuple):
    kind: LinkKind
    link: Link
    life: float


class OfferReconciler(SetupReconciler):
    """Makes the rows of the links that are wanted."""

    name = "offer"

    def is_due(self) -> bool:
        """A link is wanted that has no row yet."""
        return self._wanted() is not None

    def _wanted(self) -> _Wanted | None:
        state, deadlines = self._run.state, self._run.deadlines
        if state.step == "authorizing" and state.link and state.link.id is None:
            return _Wanted("authorize", state.link, deadlines.link)
        consent = state.consent_link
        if state.step not in ("removed", "abandoned") and consent and consent.id is None:
            return _Wanted("consent", consent, deadlines.consent_link)
        return None

    async def reconcile(self) -> None:
        """Make one."""
        run = self._run
        if (wanted := self._wanted()) is None:
            return
        offered = await call(
            MAKE_OFFER,
            MakeOffer(
                kind=wanted.kind,
                tenant=run.start.tenant,
                team=run.start.team,
                account=wanted.link.account,
                request=wanted.link.request,
                life=wanted.life,
            ),
            wanted.kind,
        )
        made = wanted.link.model_copy(
            update={"id": offered.id, "expires_at": offered.expires_at, "is_over": not offered.is_open}
        )
        state = run.state
        if state.consent_link == wanted.link:
            run.apply(state.replace(consent_link=made))
        elif state.link == wanted.link:  # nobody has asked for another one meanwhile
            run.apply(state.replace(link=made, account=offered.account))


class NamesReconciler(SetupReconciler):
    """Reads what Teams calls the team and its channels, which no message tells."""

    name = "names"

    def is_due(self) -> bool:
        """Something may be called otherwise."""
        return self._run.state.names_wanted and self._run.state.step != "removed"

    async def reconcile(self) -> None:
        """Read all names; another event asks again."""
        run = self._run
        run.apply(run.state.replace(names_wanted=False))
        names = await call(READ_NAMES, _team(run), run.state.name or run.start.key)
        run.apply(run.state.replace(name=names.name or run.state.name))

    def on_failure(self, failure: Failure) -> None:
        """They are still wanted."""
        self._run.apply(self._run.state.replace(names_wanted=True))


class OrganizationReconciler(SetupReconciler):
    """Reads what the tenant is called, once Graph may be asked."""

    name = "organization"

    def is_due(self) -> bool:
        """The permission is there."""
        return self._run.state.organization_wanted

    async def reconcile(self) -> None:
        """Read it."""
        run = self._run
        await call(READ_ORGANIZATION, ReadRoles(tenant=run.start.tenant), "what the tenant is called")
        run.apply(run.state.replace(organization_wanted=False))


class NeighboursReconciler(SetupReconciler):
    """Tells the tenant's other set-ups of the consent, which is theirs too."""

    name = "neighbours"

    def is_due(self) -> bool:
        """The consent was found."""
        return self._run.state.neighbours_wanted

    async def reconcile(self) -> None:
        """Tell all of them."""
        run = self._run
        await call(WAKE_SETUPS, _team(run), "other teams of the tenant")
        run.apply(run.state.replace(neighbours_wanted=False))


def _team(run: RunState) -> OfTeam:
    return OfTeam(tenant=run.start.tenant, team=run.start.team)
