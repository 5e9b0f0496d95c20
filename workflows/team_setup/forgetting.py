"""A state stays small: messages that are done with are forgotten, and only so many go on."""

from collections.abc import Sequence

from workflows.team_setup.fold import is_blocked
from workflows.team_setup.state import Notice, NoticeKind, State
from workflows.team_setup.view import due_view

MOST_GOING_ON = 50
"""Private messages of one kind: of more of them the oldest say that a newer one goes on."""


def without_done(state: State, kinds: Sequence[NoticeKind]) -> State:
    """The state without the private messages of these kinds that another has replaced, and that say so.

    Their numbers stay taken. Only while none of them is being sent: its outcome would be lost.
    """
    holder = state.holder.aad_object_id if state.holder else None
    for kind in kinds:
        going_on = [one for one in state.live(kind) if one.person and one.recipient != holder]
        for notice in going_on[:-MOST_GOING_ON]:
            state = state.changed(notice, ended="replaced")
    kept = tuple(one for one in state.notices if one.kind not in kinds or not _is_done(state, one))
    return state if len(kept) == len(state.notices) else state.replace(notices=kept)


def _is_done(state: State, notice: Notice) -> bool:
    if notice.kind == "life":
        return due_view(state, notice) is None
    if notice.ended is None or notice.person is None:
        return False
    return is_blocked(notice) or due_view(state, notice) is None
