"""What the routes of the public API are made of."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import APIRouter

from api.gateway import Gateway
from api.public.admission import Admission
from api.public.errors import errors
from api.public.idempotency import Idempotency
from api.public.incidents import Incidents
from api.public.route import ANSWER_WITHIN, SECURITY, route_class
from muster.config_file import PagerDutyAccount
from muster.settings import Settings
from muster.store.pool import Pool


@dataclass(frozen=True)
class PublicApi:
    """The dependencies of all routes."""

    settings: Settings
    pool: Pool
    gateway: Gateway
    incidents: Incidents
    answer_within: float = ANSWER_WITHIN
    clock: Callable[[], float] = time.time
    """By which calls without a key are told apart."""

    @property
    def accounts(self) -> Mapping[str, PagerDutyAccount]:
        """The configured accounts by key; a caller's is one of them."""
        return self.settings.accounts

    @property
    def idempotency(self) -> Idempotency:
        """Does each call once."""
        return Idempotency(self.pool, public_url=self.settings.public_url, clock=self.clock)

    def router(self) -> APIRouter:
        """A router whose routes let nobody in without a token, and name the errors that all of them have."""
        return APIRouter(
            route_class=route_class(Admission(self.pool, self.accounts), within=self.answer_within),
            dependencies=[*SECURITY],
            responses=errors(401, 429, 500, 503),
        )
