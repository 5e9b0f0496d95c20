"""FastAPI dependencies that the REST calls share."""

from typing import Annotated

from fastapi import Depends, Query, Request

from sandbox.pagerduty.simulator import Simulator


async def _simulator(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


Account = Annotated[Simulator, Depends(_simulator)]
"""The simulator that answers the call."""

Included = Annotated[list[str], Query(alias="include[]", default_factory=list)]
"""The values of ``include[]``."""
