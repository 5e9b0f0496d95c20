"""The rows that tests start from: one account, one team with two channels, three people, two services.

Checkout appears in one channel, Ledger in both. Ada and Bo are linked, Cy is not.
"""

import hashlib
import hmac

from muster.seed import (
    Account,
    Channel,
    Link,
    Person,
    Seed,
    ServiceConnection,
    Subscription,
    Team,
    Tenant,
)

ACCOUNT = "acme"
TENANT = "22222222-2222-2222-2222-222222222222"
SERVICE_URL = "http://127.0.0.1:1/teams/"
TEAM = "19:team@thread.tacv2"
GROUP = "9a0c1f5e-0000-4000-8000-000000000001"
OPS, RELEASES = "19:ops@thread.tacv2", "19:releases@thread.tacv2"
CHECKOUT, LEDGER = "PSVC001", "PSVC002"
SUBSCRIPTION, SECRET = "PWSUB01", "s3cr3t-of-the-first"
OTHER_SUBSCRIPTION, OTHER_SECRET = "PWSUB02", "s3cr3t-of-the-second"
ADA_AAD, BO_AAD, CY_AAD = (f"a0d00000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
TOKENS = {ADA_AAD: "pdus+_token-of-ada", BO_AAD: "pdus+_token-of-bo"}

_NAMES = {ADA_AAD: "Ada Ops", BO_AAD: "Bo Call", CY_AAD: "Cy Net"}
_USERS = {ADA_AAD: "PUSER01", BO_AAD: "PUSER02"}


def signature(body: bytes, secret: str = SECRET) -> str:
    """One value of the header ``X-PagerDuty-Signature``, by default for the first subscription."""
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def company(*, service_url: str = SERVICE_URL) -> Seed:
    """The rows; ``service_url`` is where the channels live."""
    return Seed(
        pagerduty_accounts=(Account(key=ACCOUNT, subdomain=ACCOUNT, region="us"),),
        tenants=(Tenant(id=TENANT, name="Acme"),),
        webhook_subscriptions=(
            Subscription(account=ACCOUNT, id=SUBSCRIPTION, secret=SECRET),
            Subscription(account=ACCOUNT, id=OTHER_SUBSCRIPTION, secret=OTHER_SECRET),
        ),
        teams=(Team(tenant=TENANT, id=TEAM, aad_group_id=GROUP, name="Payments", account=ACCOUNT),),
        channels=tuple(
            Channel(team=TEAM, id=channel, name=name, service_url=service_url)
            for channel, name in ((OPS, "ops"), (RELEASES, "releases"))
        ),
        people=tuple(
            Person(
                tenant=TENANT, aad_object_id=who, teams_id=f"29:{who}", name=name, email=f"{who}@acme.example"
            )
            for who, name in _NAMES.items()
        ),
        links=tuple(
            Link(
                tenant=TENANT,
                aad_object_id=who,
                account=ACCOUNT,
                pagerduty_user=user,
                pagerduty_name=_NAMES[who],
                pagerduty_email=f"{who}@acme.example",
                access_token=TOKENS[who],
            )
            for who, user in _USERS.items()
        ),
        connections=tuple(
            ServiceConnection(account=ACCOUNT, service=service, service_name=name, conversation=channel)
            for service, name, channel in (
                (CHECKOUT, "Checkout", OPS),
                (LEDGER, "Ledger", OPS),
                (LEDGER, "Ledger", RELEASES),
            )
        ),
    )
