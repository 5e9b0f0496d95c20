"""``/_sandbox``: what tests do to Microsoft and read from it."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sandbox.clock import Clock
from sandbox.company import Company, Person
from sandbox.microsoft.consent import Consent
from sandbox.microsoft.directory import Directory
from sandbox.microsoft.state import Refusal, Store

Json = dict[str, Any]
Permission = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]+(\.[A-Za-z]+)+$")]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ConsentChange(_Request):
    """What to change about consent; what is not there stays."""

    requested: tuple[Permission, ...] | None = None
    """What the registration asks for."""
    delay: Annotated[float, Field(ge=0)] | None = None
    """Seconds from a later grant until tokens show it."""
    user_consent: bool | None = None
    """Whether people may consent for themselves to be signed in."""
    refusal: Refusal | None = None
    """How people hear that they may not."""


class PersonChange(_Request):
    """What to change about a person of the directory; what is not there stays."""

    deleted: bool | None = None
    enabled: bool | None = None


class ClockChange(_Request):
    """By how many seconds to move the clock ahead."""

    advance: Annotated[float, Field(ge=0)]


def sandbox_router(store: Store, consent: Consent, clock: Clock, reset: Callable[[], None]) -> APIRouter:
    """The routes under ``/_sandbox``."""
    router = APIRouter(prefix="/_sandbox")

    @router.get("/consent")
    async def read_consent() -> Json:
        return _consent()

    @router.post("/consent")
    async def change_consent(body: ConsentChange) -> Json:
        for name, value in body.model_dump(exclude_none=True).items():
            setattr(store.state, name, value)
        store.changed()
        return _consent()

    @router.post("/consent/grant")
    async def grant() -> Json:
        consent.grant()
        return _consent()

    @router.delete("/consent", status_code=204)
    async def revoke_all() -> None:
        consent.revoke_all()

    @router.delete("/consent/{permission}", status_code=204)
    async def revoke(permission: str) -> None:
        if not consent.revoke(permission):
            raise HTTPException(404, f"{permission} is not granted")

    @router.get("/records")
    async def records() -> Json:
        state = store.state
        return state.model_dump(mode="json", include={"tokens", "reads", "consents"})

    @router.get("/clock")
    async def read_clock() -> Json:
        return _clock()

    @router.post("/clock")
    async def advance_clock(body: ClockChange) -> Json:
        clock.advance(body.advance)
        store.changed()
        return _clock()

    @router.post("/reset", status_code=204)
    async def start_over() -> None:
        reset()

    def _consent() -> Json:
        return {
            "requested": list(consent.requested),
            "granted": list(consent.granted),
            "delay": store.state.delay,
            "user_consent": store.state.user_consent,
            "refusal": store.state.refusal,
            "people": {person: list(scope) for person, scope in store.state.people_consented.items()},
        }

    def _clock() -> Json:
        now = clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"now": now, "ahead": clock.ahead.total_seconds()}

    return router


def people_router(company: Company, directory: Directory) -> APIRouter:
    """The routes under ``/_sandbox/people``; a person is named by object id or e-mail."""
    router = APIRouter(prefix="/_sandbox/people")

    @router.get("")
    async def read_people() -> list[Json]:
        return [_shown(person) for person in company.colleagues]

    @router.post("/{key}")
    async def change_person(key: str, body: PersonChange) -> Json:
        person = company.person(key)
        if person not in company.colleagues:
            raise HTTPException(404, f"{key} is nobody of the directory")
        directory.change(person, deleted=body.deleted, enabled=body.enabled)
        return _shown(person)

    def _shown(person: Person) -> Json:
        return {
            "person": person.aad_object_id,
            "email": person.email,
            "deleted": directory.is_deleted(person),
            "enabled": not directory.is_disabled(person),
        }

    return router
