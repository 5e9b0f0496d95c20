"""Bot Framework tokens: the one kind that is accepted, and every kind that is not."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import httpx
import jwt
import pytest

from api.bot.token import BotTokenVerifier, TokenRefused, check_service_url, token_verifier
from muster.clients.http import open_pool
from muster.clients.teams.clouds import CLOUDS
from muster.clients.teams.jwks import BotKeys
from tests.api.conftest import private_key
from tests.support.settings import settings_for
from workflows.errors import ProviderUnavailable

pytestmark = pytest.mark.anyio

APP_ID = "0a5cf8a4-0000-4000-8000-0000000000aa"
OTHER_APP_ID = "0a5cf8a4-0000-4000-8000-0000000000bb"
SERVICE_URL = "https://smba.trafficmanager.net/emea/"
HOUR = 3600


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def verifier(framework, framework_pool, clock):
    keys = BotKeys(framework_pool, framework.metadata_url, clock=clock)
    return BotTokenVerifier(keys, {APP_ID, OTHER_APP_ID})


async def verified(verifier, authorization, service_url=SERVICE_URL):
    """The claims, checked as for an activity that names ``service_url``."""
    claims = await verifier.claims(authorization)
    check_service_url(claims, service_url)
    return claims


async def refusal(verifier, authorization, service_url=SERVICE_URL):
    """Why the token is refused."""
    with pytest.raises(TokenRefused) as refused:
        await verified(verifier, authorization, service_url)
    reason = str(refused.value)
    assert not [part for part in (authorization or "").split(".") if len(part) > 9 and part in reason]
    return reason


async def test_a_good_token_gives_its_claims(verifier, framework):
    claims = await verified(verifier, framework.token())
    assert claims["aud"] == APP_ID


async def test_any_of_our_apps_may_be_meant(verifier, framework):
    claims = await verified(verifier, framework.token(aud=OTHER_APP_ID))
    assert claims["aud"] == OTHER_APP_ID


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer not-a-token"])
async def test_a_header_without_a_bearer_token_is_refused(verifier, header):
    assert await refusal(verifier, header)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "somebody-else"}, "for another app"),
        ({"aud": None}, "lacks a claim"),
        ({"iss": "https://sts.windows.net/tenant/"}, "another issuer"),
        ({"iss": None}, "lacks a claim"),
        ({"exp": None}, "lacks a claim"),
        ({"exp": "soon"}, "malformed"),
        ({"serviceurl": None}, "names no service address"),
        ({"serviceurl": ""}, "names no service address"),
        ({"serviceurl": 5}, "names no service address"),
        ({"serviceurl": "https://smba.trafficmanager.net/amer/"}, "another service address"),
        ({"serviceurl": "https://smba.trafficmanager.net/EMEA/"}, "another service address"),
        ({"serviceurl": "http://smba.trafficmanager.net/emea/"}, "another service address"),
        ({"serviceurl": "https://[::1"}, "another service address"),
        ({"serviceurl": SERVICE_URL + "x"}, "another service address"),
    ],
)
async def test_a_token_with_a_wrong_claim_is_refused_with_its_reason(verifier, framework, claims, reason):
    assert reason in await refusal(verifier, framework.token(**claims))


@pytest.mark.parametrize("closing", ["https://smba.trafficmanager.net/emea", SERVICE_URL])
async def test_a_closing_slash_makes_no_difference_to_the_service_address(verifier, framework, closing):
    await verified(verifier, framework.token(serviceurl=closing))
    await verified(verifier, framework.token(), closing)


@pytest.mark.parametrize(
    "spelling", ["HTTPS://SMBA.TrafficManager.net/emea/", "https://smba.trafficmanager.net:443/emea"]
)
async def test_the_case_of_scheme_and_host_makes_no_difference(verifier, framework, spelling):
    await verified(verifier, framework.token(serviceurl=spelling))
    await verified(verifier, framework.token(), spelling)


async def test_an_app_is_the_same_in_either_case(verifier, framework):
    claims = await verified(verifier, framework.token(aud=APP_ID.upper()))
    assert claims["aud"] == APP_ID


GOV_APP_ID, GOV = "0a5cf8a4-0000-4000-8000-0000000000cc", "https://smba.infra.gov.teams.microsoft.us/gcch"
GOV_CLAIMS = {"aud": GOV_APP_ID, "iss": "https://api.botframework.us", "serviceurl": GOV}


@pytest.fixture
def both_clouds(framework, framework_pool, tmp_path):
    """A verifier for a tenant of the public cloud and one of GCC High, which publish different keys."""
    config = tmp_path / "muster.toml"
    config.write_text(
        "\n".join(
            f'[[teams]]\ntenant = "{app}"\napp_id = "{app.upper()}"\napp_secret = "x"\ncloud = "{cloud}"'
            for app, cloud in ((APP_ID, "public"), (OTHER_APP_ID, "GCC"), (GOV_APP_ID, "gcc-high"))
        )
    )
    asked = []

    def keys_of(metadata_url):
        asked.append(metadata_url)
        published = framework if metadata_url == CLOUDS["public"].metadata_url else government
        pool = open_pool(transport=httpx.MockTransport(published.answer))
        return BotKeys(pool, published.metadata_url)

    government = type(framework)()
    government.keys = {"gov-1": private_key("the government's")}
    government.published = []
    government.publish("gov-1")
    settings = settings_for("postgresql://unused", "127.0.0.1:1", config=config)
    verifier = token_verifier(settings, keys_of)
    assert asked == [CLOUDS["public"].metadata_url, CLOUDS["gcc-high"].metadata_url]
    return verifier, government


async def test_each_cloud_verifies_the_tokens_of_its_own_registrations(both_clouds, framework):
    verifier, government = both_clouds
    await verified(verifier, framework.token())
    await verified(verifier, framework.token(aud=OTHER_APP_ID))
    claims = await verified(verifier, government.token(key_id="gov-1", **GOV_CLAIMS), GOV)
    assert claims["aud"] == GOV_APP_ID


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": APP_ID}, "not published"),
        ({"aud": "0a5cf8a4-0000-4000-8000-0000000000dd"}, "for another app"),
        ({"iss": "https://api.botframework.com"}, "another issuer"),
    ],
)
async def test_the_keys_of_a_cloud_verify_nothing_of_another(both_clouds, changes, reason):
    verifier, government = both_clouds
    token = government.token(key_id="gov-1", **GOV_CLAIMS | changes)
    assert reason in await refusal(verifier, token, GOV)


async def test_a_public_key_verifies_nothing_of_a_government_app(both_clouds, framework):
    verifier, _ = both_clouds
    assert "not published" in await refusal(verifier, framework.token(**GOV_CLAIMS), GOV)
    assert "no bearer token" in await refusal(verifier, None)
    assert "malformed" in await refusal(verifier, "Bearer a.b.c")
    assert "lacks a claim" in await refusal(verifier, framework.token(aud=None))


async def test_five_minutes_of_skew_are_allowed(verifier, framework):
    now = time.time()
    await verified(verifier, framework.token(exp=int(now - 280)))
    await verified(verifier, framework.token(nbf=int(now + 280)))
    assert "expired" in await refusal(verifier, framework.token(exp=int(now - 320)))
    assert "not valid yet" in await refusal(verifier, framework.token(nbf=int(now + 320)))


async def test_a_token_that_a_stranger_signed_is_refused(verifier, framework, stranger):
    assert "signature is wrong" in await refusal(verifier, framework.token(signed_by=stranger))


async def test_a_token_whose_claims_were_changed_is_refused(verifier, framework):
    head, _, signature = framework.token().split(".")
    claims = base64.urlsafe_b64encode(json.dumps(framework.claims(aud=OTHER_APP_ID)).encode()).rstrip(b"=")
    assert "signature is wrong" in await refusal(verifier, f"{head}.{claims.decode()}.{signature}")


async def test_a_token_without_an_algorithm_is_refused(verifier, framework):
    unsigned = jwt.encode(framework.claims(), "", algorithm="none", headers={"kid": "key-1"})
    assert "RS256" in await refusal(verifier, f"Bearer {unsigned}")


async def test_a_token_signed_by_the_public_key_as_a_shared_secret_is_refused(verifier, framework):
    """The classic confusion: HS256 with the published key as the secret."""
    head = {"alg": "HS256", "typ": "JWT", "kid": "key-1"}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (head, framework.claims())
    ]
    secret = json.dumps(framework.published[0]).encode()
    signature = hmac.new(secret, b".".join(parts), hashlib.sha256).digest()
    token = b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
    assert "RS256" in await refusal(verifier, f"Bearer {token}")


async def test_a_token_of_another_rsa_algorithm_is_refused(verifier, framework):
    token = jwt.encode(
        framework.claims(), framework.keys["key-1"], algorithm="RS512", headers={"kid": "key-1"}
    )
    assert "RS256" in await refusal(verifier, f"Bearer {token}")


@pytest.mark.parametrize("key_id", ["unknown", "", "../key-1"])
async def test_a_token_of_an_unpublished_key_is_refused(verifier, framework, stranger, key_id):
    assert "not published" in await refusal(verifier, framework.token(key_id=key_id, signed_by=stranger))


async def test_a_token_that_names_no_key_is_refused(verifier, framework):
    token = jwt.encode(framework.claims(), framework.keys["key-1"], algorithm="RS256")
    assert "not published" in await refusal(verifier, f"Bearer {token}")


@pytest.mark.parametrize("endorsements", [(), ("webchat", "skype")])
async def test_a_token_of_a_key_that_is_not_endorsed_for_teams_is_refused(verifier, framework, endorsements):
    framework.publish("elsewhere", endorsements=endorsements)
    assert "not endorsed" in await refusal(verifier, framework.token(key_id="elsewhere"))


async def test_keys_are_fetched_once_a_day(verifier, framework, clock):
    await verified(verifier, framework.token())
    clock.now = 19 * HOUR
    await verified(verifier, framework.token())
    assert framework.requests == 2, "metadata and key set"


async def test_a_new_key_is_found_when_it_turns_up(verifier, framework, clock):
    await verified(verifier, framework.token())
    clock.now = 60
    framework.publish("key-2")
    await verified(verifier, framework.token(key_id="key-2"))


async def test_made_up_keys_do_not_make_us_ask_again_and_again(verifier, framework, stranger, clock):
    for _ in range(5):
        await refusal(verifier, framework.token(key_id="made-up", signed_by=stranger))
    asked = framework.requests
    assert asked == 4, "once at first, once for the unknown key"
    clock.now = 11
    await refusal(verifier, framework.token(key_id="made-up", signed_by=stranger))
    assert framework.requests == asked + 2


async def test_made_up_keys_do_not_make_us_ask_an_endpoint_that_is_down(verifier, framework, stranger, clock):
    await verified(verifier, framework.token())
    framework.down = True
    asked = framework.requests
    for number in range(5):
        with pytest.raises(ProviderUnavailable):
            await verified(verifier, framework.token(key_id=f"made-up-{number}", signed_by=stranger))
    assert framework.requests == asked + 1
    clock.now = 11
    framework.down = False
    framework.publish("key-2")
    await verified(verifier, framework.token(key_id="key-2"))


async def test_a_new_key_that_several_tokens_name_at_once_is_found_for_all(verifier, framework):
    await verified(verifier, framework.token())
    framework.publish("key-2")
    token = framework.token(key_id="key-2")
    asked = framework.requests
    await asyncio.gather(*(verified(verifier, token) for _ in range(5)))
    assert framework.requests == asked + 2


async def test_a_kind_of_key_we_do_not_use_spoils_nothing(verifier, framework):
    framework.published += [{"kty": "EC", "kid": "ec"}, {"kty": "RSA", "kid": "cut"}, "nonsense"]
    await verified(verifier, framework.token())


async def test_keys_that_cannot_be_had_refuse_nobody(verifier, framework):
    framework.down = True
    with pytest.raises(ProviderUnavailable):
        await verified(verifier, framework.token())


async def test_known_keys_still_serve_while_the_metadata_is_down(verifier, framework, stranger):
    await verified(verifier, framework.token())
    framework.down = True
    with pytest.raises(ProviderUnavailable):
        await verified(verifier, framework.token(key_id="new", signed_by=stranger))
    await verified(verifier, framework.token())
