"""The addresses that Microsoft and PagerDuty are given: where each sends what it has for us."""

from typing import NamedTuple

from muster.settings import Settings

BOT_PATH = "/api/messages"
MICROSOFT_RETURN_PATH = "/oauth/microsoft/callback"
PAGERDUTY_RETURN_PATH = "/oauth/pagerduty/callback"


def webhook_path(account: str) -> str:
    """Where PagerDuty sends the webhooks of an account, below the public address."""
    return f"/webhooks/pagerduty/{account}"


class PublicAddress(NamedTuple):
    """One address, and whose settings it belongs in."""

    title: str
    where: str
    """The place in the other's settings."""
    path: str
    """Below ``MUSTER_PUBLIC_URL``; begins with a slash."""


def public_addresses(settings: Settings) -> list[PublicAddress]:
    """One for each registration and each account."""
    bots = [
        PublicAddress(f"Microsoft, tenant {tenant}", "messaging endpoint of the Azure bot", BOT_PATH)
        for tenant in settings.teams
    ]
    webhooks = [
        PublicAddress(f"PagerDuty, account {key}", "URL of the webhook subscription (v3)", webhook_path(key))
        for key in settings.accounts
    ]
    microsoft = [
        PublicAddress(
            f"Microsoft, tenant {tenant}", "redirect URI of the Entra app (Web)", MICROSOFT_RETURN_PATH
        )
        for tenant in settings.teams
    ]
    pagerduty = [
        PublicAddress(
            f"PagerDuty, account {key}", "redirect URL of the Scoped OAuth app", PAGERDUTY_RETURN_PATH
        )
        for key in settings.accounts
    ]
    return bots + microsoft + webhooks + pagerduty


def return_address(settings: Settings, path: str) -> str:
    """An address as others have it, be it registered or sent: from ``MUSTER_PUBLIC_URL`` alone."""
    return settings.public_url.rstrip("/") + path
