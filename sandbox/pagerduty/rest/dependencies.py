"""FastAPI dependencies that the REST calls share."""

from typing import Annotated

from fastapi import Depends, Query, Request

from sandbox.pagerduty.credentials import Caller, requires
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.simulator import Simulator


async def _simulator(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


Account = Annotated[Simulator, Depends(_simulator)]
"""The simulator that answers the call."""


async def _directory(account: Account, caller: Annotated[Caller, Depends(requires(None))]) -> Directory:
    return account.directory.as_seen_by(caller.user)


Seen = Annotated[Directory, Depends(_directory)]
"""The account's directory for the caller: a user does not see the private teams of others."""


async def _incident(
    account: Account, caller: Annotated[Caller, Depends(requires(None))], incident_id: str
) -> Incident:
    return account.incident(incident_id, caller.user)


SeenIncident = Annotated[Incident, Depends(_incident)]
"""The incident that the path names, by id or number; error 2100 if the caller may not see it."""

Included = Annotated[list[str], Query(alias="include[]", default_factory=list)]
"""The values of ``include[]``."""
