"""``/_sandbox`` of the identity host: what people allowed, what the client may ask for, and users."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from sandbox.pagerduty import errors
from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.rest.dependencies import Account
from sandbox.pagerduty.roles import Role
from sandbox.pagerduty.simulator import Simulator
from sandbox.pagerduty.times import in_milliseconds

router = APIRouter(prefix="/_sandbox")


class IdentityBody(BaseModel):
    """What to change; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    deny_without_state: bool = False
    client_scopes: tuple[str, ...] | None = None
    """The scopes of the client's registration; null for the company's again."""


class RoleBody(BaseModel):
    """A user and their role from now on."""

    model_config = ConfigDict(extra="forbid")

    user: str
    role: Role


class UserBody(BaseModel):
    """Whether a user is in the account from now on."""

    model_config = ConfigDict(extra="forbid")

    active: bool


@router.get("/identity")
async def get_identity(account: Account) -> JSON:
    """The state of the identity host, without secrets."""
    return _shown(account)


@router.post("/identity")
async def change_identity(account: Account, body: IdentityBody) -> JSON:
    """Change how the host behaves. Tokens that it gave stay as they are."""
    state = account.store.state
    if "deny_without_state" in body.model_fields_set:
        state.deny_without_state = body.deny_without_state
    if "client_scopes" in body.model_fields_set:
        state.client_scopes = body.client_scopes
    account.store.changed()
    return _shown(account)


@router.delete("/identity", status_code=204)
async def forget_allowances(account: Account) -> None:
    """Ask every user again whether the app may. Sessions and tokens stay."""
    account.identity.allowances.forget()


@router.delete("/identity/delegations", status_code=204)
async def revoke(account: Account, user: str | None = None) -> None:
    """End all authorizations of a user, as the user removes the app; without one, all tokens of the app."""
    if user is None:
        account.identity.revocation.everything()
        return
    if user not in account.directory.users:
        raise errors.not_found()
    account.identity.revocation.of_user(user)


@router.delete("/identity/delegations/{delegation}", status_code=204)
async def revoke_one(account: Account, delegation: str) -> None:
    """End one authorization."""
    if not account.identity.revocation.one(delegation):
        raise errors.not_found()


@router.get("/users")
async def get_users(account: Account) -> list[JSON]:
    """The users of the company, and who of them is in the account."""
    return [_user(account, user) for user in account.directory.users]


@router.post("/users/{user}")
async def change_user(account: Account, user: str, body: UserBody) -> JSON:
    """Take a user out of the account, or back. Whatever they allowed ends for good."""
    if user not in account.directory.users:
        raise errors.not_found()
    state = account.store.state
    if body.active:
        state.deactivated = state.deactivated - {user}
    else:
        state.deactivated = state.deactivated | {user}
        account.identity.revocation.of_user(user)
    account.store.changed()
    account.server_sent_events.changed()
    return _user(account, user)


@router.post("/role")
async def change_role(account: Account, body: RoleBody) -> JSON:
    """Give a user another role, until the reset."""
    if body.user not in account.directory.users:
        raise errors.not_found()
    account.store.state.roles[body.user] = body.role
    account.store.changed()
    return {"user": body.user, "role": account.directory.role(body.user)}


def _user(account: Simulator, user: str) -> JSON:
    directory = account.directory
    return {
        "user": user,
        "email": directory.users[user].email,
        "role": directory.role(user),
        "active": directory.is_active(user),
    }


def _shown(account: Simulator) -> JSON:
    state, registration = account.store.state, account.identity.registration
    return {
        "region": account.company.region,
        "client_id": registration.client_id,
        "redirect_uris": registration.redirect_uris,
        "client_scopes": registration.scopes,
        "deny_without_state": state.deny_without_state,
        "allowances": [one.model_dump() for one in state.allowances.values()],
        "sessions": [{"user": one.user, "at": in_milliseconds(one.at)} for one in state.sessions.values()],
        "delegations": [
            {
                "id": key,
                "user": one.user,
                "scopes": one.scopes,
                "ends_at": in_milliseconds(one.ends_at),
            }
            for key, one in state.delegations.items()
        ],
    }
