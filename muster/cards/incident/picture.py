"""A picture of an incident: what a card shows that somebody shares, which Muster cannot edit afterwards."""

from datetime import datetime

from pydantic import AwareDatetime

from muster.cards.incident.names import TITLE_LIMIT
from muster.cards.text import clip
from workflows.channel_incident.view import View
from workflows.incident.events import Details
from workflows.incident.type_names import shown_type
from workflows.values import Value

_MOST_ASSIGNEES = 6
"""What the card names; their count is told beside them."""


class Picture(Value):
    """An incident at one moment, without what is no part of a picture: comments, fields, buttons."""

    tenant: str
    """In which it was taken."""
    changed_at: AwareDatetime
    """When the newest fact in it happened, by PagerDuty's clock. ``view.as_of`` is when it was taken."""
    view: View


def taken(
    details: Details, *, tenant: str, account: str, incident_id: str, changed_at: datetime, at: datetime
) -> Picture:
    """What PagerDuty's answer ``details`` tells, read at ``at``."""
    snapshot = details.snapshot
    is_resolved = snapshot.status == "resolved"
    view = View(
        account=account,
        incident_id=incident_id,
        revision=0,
        as_of=at,
        number=snapshot.number,
        title=snapshot.title,
        url=snapshot.url,
        incident_type=shown_type(snapshot.incident_type, details.type_name),
        status=snapshot.status,
        urgency=snapshot.urgency,
        priority=snapshot.priority.name if snapshot.priority else None,
        service=snapshot.service,
        assignees=snapshot.assignees,
        assignee_count=snapshot.assignee_count,
        acknowledgements=details.acknowledgements,
        responders=details.responders,
        opened_at=snapshot.created_at,
        resolved_at=details.status_changed_at if is_resolved else None,
        resolved_by=details.standing.by if is_resolved else None,
        merged_into=snapshot.merged_into if is_resolved else None,
    )
    return Picture(tenant=tenant, changed_at=changed_at, view=_reduced(view))


def newer(picture: Picture, shown: View) -> Picture | None:
    """The picture drawn from what a card of the incident shows; ``None`` where that is no news.

    A card that nobody keeps up any more must not bring back an older state.
    """
    if shown.as_of <= picture.changed_at:
        return None
    view = _reduced(shown).model_copy(update={"as_of": max(shown.as_of, picture.view.as_of)})
    return Picture(tenant=picture.tenant, changed_at=shown.as_of, view=view)


def _reduced(view: View) -> View:
    return View(
        account=view.account,
        incident_id=view.incident_id,
        revision=0,
        as_of=view.as_of,
        number=view.number,
        title=clip(view.title, TITLE_LIMIT),
        url=view.url,
        incident_type=view.incident_type,
        status=view.status,
        urgency=view.urgency,
        priority=view.priority,
        service=view.service,
        assignees=view.assignees[:_MOST_ASSIGNEES],
        assignee_count=view.assignee_count,
        acknowledgements=view.acknowledgements,
        responders=view.responders,
        opened_at=view.opened_at,
        resolved_at=view.resolved_at,
        resolved_by=view.resolved_by,
        reopened=view.reopened,
        merged_into=view.merged_into,
    )
