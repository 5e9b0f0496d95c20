"""``TeamSetup``: a Microsoft team comes aboard; later its channels are suspended and revived."""

import asyncio

from temporalio import workflow

from workflows.draining import drain
from workflows.handlers import takes_requests, takes_signals
from workflows.reconcile import ReconcileLoop
from workflows.team_setup.answers import Answers
from workflows.team_setup.bringing_in import RevivedReconciler
from workflows.team_setup.consent import ConsentReconciler
from workflows.team_setup.deadlines import Deadlines
from workflows.team_setup.fold import fold_event, fold_heard
from workflows.team_setup.life import with_refused_send
from workflows.team_setup.messages import (
    Authorized,
    ChannelHeard,
    ConsentReturned,
    End,
    KeyShown,
    Pressed,
    SendRefused,
    SetupAnswer,
    Start,
    TeamEvent,
)
from workflows.team_setup.notices import LifeNoticesReconciler, NoticesReconciler
from workflows.team_setup.presence import ChannelsReconciler, RefusedSendsReconciler
from workflows.team_setup.reconcilers import (
    LinkReconciler,
    NamesReconciler,
    NeighboursReconciler,
    OfferReconciler,
    OrganizationReconciler,
    RowReconciler,
)
from workflows.team_setup.restore import restore
from workflows.team_setup.run_state import RunState
from workflows.team_setup.workflow_type import (
    CHANNEL_HEARD,
    KEY_SHOWN,
    SEND_REFUSED,
    TEAM_EVENTS,
    TEAM_SETUP,
    UPDATES,
)


@workflow.defn(name=TEAM_SETUP.name)
@takes_signals(TEAM_EVENTS, "hear")
@takes_requests(UPDATES)
class TeamSetupWorkflow:
    """Owns the set-up of one team, and follows its life.

    Started by an event of the team, a refused send or a word from a suspended channel (signal-with-start),
    or by a click or a command when no run goes on (update-with-start); id ``setup/{team}``. Every run first
    reads the team's rows. Then whoever installed the app chooses an account where there are several, a
    PagerDuty Admin authorizes the team, a Microsoft admin consents for the tenant: *choosing*,
    *authorizing*, *consenting*, *complete*. Each of them is told privately what to do.

    Whatever the step, the rows decide which channels are suspended. Open incidents come into those that are
    there again; who holds the set-up and who connected a channel are told privately. The run ends when all
    that is done and the set-up is complete, when the app leaves the team, or when nobody has done anything
    for thirty days; a later click or event starts a new one.
    """

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.run_state = RunState(start)
        self.restored = False
        self.heard: list[TeamEvent | ChannelHeard] = []
        """What came before the rows were read."""
        self.answers = Answers(self.run_state)
        self.deadlines = Deadlines(self.run_state)
        self.consent = ConsentReconciler(self.run_state)
        self.reconcilers = (
            RowReconciler(self.run_state),
            ChannelsReconciler(self.run_state),
            RevivedReconciler(self.run_state),
            RefusedSendsReconciler(self.run_state),
            LinkReconciler(self.run_state),
            OfferReconciler(self.run_state),
            NoticesReconciler(self.run_state, "installer_card", "installer", "admin"),
            NoticesReconciler(self.run_state, "consent_card", "consent"),
            NoticesReconciler(self.run_state, "way_on", "way-on"),
            NoticesReconciler(self.run_state, "welcome", "welcome"),
            LifeNoticesReconciler(self.run_state, "life", "life"),
            self.consent,
            NamesReconciler(self.run_state),
            NeighboursReconciler(self.run_state),
            OrganizationReconciler(self.run_state),
        )
        self.loops = [ReconcileLoop(reconciler, self.run_state) for reconciler in self.reconcilers]

    @workflow.run
    async def run(self, start: Start) -> End:
        """Read the rows, go on until the set-up is over, end with nothing in flight."""
        self.run_state.publish()  # a run that continues another has no details yet
        await restore(self.run_state)
        self.restored = True
        for told in self.heard:
            self._fold(told)
        while True:
            await self._keep_in_sync_until_over()
            if self._must_continue() and not self._final():
                workflow.continue_as_new(start.model_copy(update={"carried": self.run_state.state}))
            if self._final():
                return End(step=self.run_state.state.step)

    # What happens to it

    def hear(self, event: TeamEvent) -> None:
        """Signal under Teams' own word: what happened to the team."""
        self._hear(event)

    @workflow.signal(name=CHANNEL_HEARD.name)
    def channel_heard(self, heard: ChannelHeard) -> None:
        """Signal: something arrived from a channel that is suspended."""
        self._hear(heard)

    def _hear(self, told: TeamEvent | ChannelHeard) -> None:
        if self.restored:
            self._fold(told)
        else:
            self.heard.append(told)

    def _fold(self, told: TeamEvent | ChannelHeard) -> None:
        state, now = self.run_state.state, self.run_state.now
        if isinstance(told, ChannelHeard):
            self.run_state.apply(fold_heard(state, told, now))
        else:
            self.run_state.apply(fold_event(state, told, now))

    @workflow.signal(name=KEY_SHOWN.name)
    def key_shown(self, _: KeyShown) -> None:
        """Signal: a KEY was written where others read it. The row says that its link is over."""
        self.run_state.apply(self.run_state.state.with_row_asked())

    @workflow.signal(name=SEND_REFUSED.name)
    def send_refused(self, refused: SendRefused) -> None:
        """Signal: Teams refused a send into a channel. It is found out why before anything is suspended."""
        self.run_state.apply(with_refused_send(self.run_state.state, refused))

    async def not_admin(self, pressed: Pressed) -> SetupAnswer:
        """*I'm not a PagerDuty Admin*: the card expands."""
        return await self._answer("not_admin", pressed)

    async def renew(self, pressed: Pressed) -> SetupAnswer:
        """*Send a new link*: a new private message; the link and the KEY before it die."""
        await workflow.wait_condition(lambda: self.restored)
        return await self.answers.renewed(pressed)

    async def choose_account(self, pressed: Pressed) -> SetupAnswer:
        """Which of several accounts the team is to belong to."""
        return await self._answer("choose_account", pressed)

    async def authorize(self, pressed: Pressed) -> SetupAnswer:
        """The command with the KEY: whoever wrote it gets the Authorize card."""
        return await self._answer("authorize", pressed)

    async def appconnect(self, pressed: Pressed) -> SetupAnswer:
        """The command of that name: whoever wrote it gets the consent card."""
        return await self._answer("appconnect", pressed)

    async def authorized(self, authorized: Authorized) -> SetupAnswer:
        """An Authorize link was spent."""
        await workflow.wait_condition(lambda: self.restored)
        return await self.answers.authorized(authorized)

    async def consent_returned(self, returned: ConsentReturned) -> SetupAnswer:
        """Somebody came back from Microsoft's consent page."""
        await workflow.wait_condition(lambda: self.restored)
        return self.answers.consent_returned(returned)

    async def _answer(self, verb: str, pressed: Pressed) -> SetupAnswer:
        await workflow.wait_condition(lambda: self.restored)
        return self.answers.pressed(verb, pressed)

    # How long it lives

    async def _keep_in_sync_until_over(self) -> None:
        """Drive the reconcilers; return with nothing in flight and all handlers finished."""
        self.run_state.draining = False
        tasks = [asyncio.create_task(loop.drive()) for loop in self.loops]
        tasks += [asyncio.create_task(self.deadlines.watch()), asyncio.create_task(self.consent.watch())]
        await workflow.wait_condition(
            lambda: self._must_continue() or self._final() or any(task.done() for task in tasks)
        )
        await drain(self.run_state, tasks)

    def _must_continue(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    def _final(self) -> bool:
        """Nobody has anything to do any more, and everybody was told."""
        state = self.run_state.state
        pending = (
            state.reading is not None
            or any(loop.busy for loop in self.loops)
            or any(reconciler.holds_run() for reconciler in self.reconcilers)
        )
        return not state.is_under_way and not pending
