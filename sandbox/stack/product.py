"""What the product is told: its configuration file, its environment and the rows it starts with."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.stack.addresses import BOT_METADATA, Addresses
from sandbox.stack.data_folder import DataFolder, write_private
from sandbox.stack.ports import LOOPBACK
from sandbox.world import World


def write_config(folder: DataFolder, world: World, addresses: Addresses) -> None:
    """Write muster.toml with the sandbox's registration and account."""
    tables = {
        "teams": {
            "tenant": world.tenant_id,
            "app_id": world.bot_app_id,
            "app_secret": world.bot_app_secret,
            "name": world.bot_name,
        },
        "pagerduty": {
            "subdomain": world.account,
            "region": "us",
            "client_id": world.client_id,
            "client_secret": world.client_secret,
            "api_url": addresses.pagerduty,
            "identity_url": addresses.pagerduty,
        },
    }
    lines: list[str] = []
    for table, values in tables.items():
        # A JSON text is a TOML basic string too.
        lines += [f"[[{table}]]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""]
    write_private(folder.config, "\n".join(lines))


def sandbox_environment(folder: DataFolder, addresses: Addresses) -> dict[str, str]:
    """The variables that put the simulators in the place of Microsoft and PagerDuty."""
    return {
        "MUSTER_CONFIG": str(folder.config),
        "MUSTER_BOT_METADATA_URL": f"{addresses.teams}{BOT_METADATA}",
        "MUSTER_MICROSOFT_AUTHORITY": addresses.microsoft_authority,
        "MUSTER_MICROSOFT_CA_FILE": str(folder.certificates / "ca.pem"),
        "MUSTER_SERVICE_HOSTS": f"{LOOPBACK},localhost",
    }


def local_environment(folder: DataFolder, addresses: Addresses, given: Mapping[str, str]) -> dict[str, str]:
    """The variables that say where the product itself runs; a key ring or public address given is kept."""
    return {
        "MUSTER_KEYS": given.get("MUSTER_KEYS") or folder.key_ring(),
        "MUSTER_HOST": LOOPBACK,
        "MUSTER_PORT": str(addresses.api_port),
        "MUSTER_PUBLIC_URL": given.get("MUSTER_PUBLIC_URL") or addresses.api,
        "MUSTER_WORKER_HEALTH_PORT": str(addresses.worker_health_port),
    }


def seed(world: World, addresses: Addresses, elsewhere: Mapping[str, str]) -> dict[str, Any]:
    """What `muster seed` puts into the database; of an unconnected world only who the customers are.

    ``elsewhere`` gives the service URL of channels that are not in the Teams simulator.
    """
    rows: dict[str, Any] = {
        "pagerduty_accounts": [{"key": world.account, "subdomain": world.account, "region": "us"}],
        "tenants": [{"id": world.tenant_id, "name": world.tenant_name}],
    }
    if not world.connections:
        return rows
    services = {service.id: service.name for service in world.services}
    return rows | {
        "webhook_subscriptions": [
            {"account": world.account, "id": world.webhook_subscription, "secret": world.webhook_secret}
        ],
        "teams": [
            {
                "tenant": world.tenant_id,
                "id": team.id,
                "aad_group_id": team.aad_group_id,
                "name": team.name,
                "account": world.account,
            }
            for team in world.teams
        ],
        "channels": [
            {
                "team": team.id,
                "id": channel.id,
                "name": channel.name,
                "service_url": elsewhere.get(channel.id, addresses.service_url),
            }
            for team in world.teams
            for channel in team.channels
        ],
        "people": [
            {
                "tenant": world.tenant_id,
                "aad_object_id": person.aad_object_id,
                "teams_id": person.teams_id,
                "name": person.name,
                "email": person.email,
            }
            for person in world.people
        ],
        "links": [
            {
                "tenant": world.tenant_id,
                "aad_object_id": person.aad_object_id,
                "account": world.account,
                "pagerduty_user": person.pagerduty_user,
                "pagerduty_name": person.name,
                "pagerduty_email": person.email,
                "access_token": person.access_token,
            }
            for person in world.people
            if person.linked
        ],
        "connections": [
            {
                "account": world.account,
                "service": connection.service,
                "service_name": services[connection.service],
                "conversation": connection.channel,
            }
            for connection in world.connections
        ],
    }


def write_seed(folder: DataFolder, world: World, addresses: Addresses, elsewhere: Mapping[str, str]) -> None:
    """Write the seed file; it holds people's tokens."""
    write_private(folder.seed, json.dumps(seed(world, addresses, elsewhere), indent=1))
