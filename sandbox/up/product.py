"""What `muster up` gives to the product: its configuration file, its environment and its first rows."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.certificates import authority_file
from sandbox.company import Company
from sandbox.private_files import write_private
from sandbox.teams.graph.apps import catalog_id_of
from sandbox.up.addresses import BOT_METADATA, Addresses
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.servers.ports import LOOPBACK


def write_config(folder: DataFolder, company: Company, addresses: Addresses) -> None:
    """Write muster.toml with the simulators' Teams registration and PagerDuty account."""
    tables = {
        "teams": {
            "tenant": company.tenant_id,
            "app_id": company.bot_app_id,
            "app_secret": company.bot_app_secret,
            "name": company.bot_name,
            "catalog_app": catalog_id_of(company),
        },
        "pagerduty": {
            "subdomain": company.account,
            "region": company.region,
            "client_id": company.client_id,
            "client_secret": company.client_secret,
            "api_url": addresses.pagerduty,
            "web_url": addresses.pagerduty,
            "identity_url": addresses.pagerduty_identity,
        },
    }
    lines: list[str] = []
    for table, values in tables.items():
        # A JSON text is a TOML basic string too.
        lines += [f"[[{table}]]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""]
    write_private(folder.config, "\n".join(lines))


def sandbox_environment(folder: DataFolder, addresses: Addresses) -> dict[str, str]:
    """The variables that point the product at the simulators instead of Microsoft and PagerDuty."""
    return {
        "MUSTER_CONFIG": str(folder.config),
        "MUSTER_BOT_METADATA_URL": f"{addresses.teams}{BOT_METADATA}",
        "MUSTER_MICROSOFT_AUTHORITY": addresses.microsoft_authority,
        "MUSTER_GRAPH_URL": addresses.microsoft_authority,
        "MUSTER_CA_FILE": str(authority_file(folder.certificates)),
        "MUSTER_SERVICE_HOSTS": f"{LOOPBACK},localhost",
    }


def local_environment(folder: DataFolder, addresses: Addresses, given: Mapping[str, str]) -> dict[str, str]:
    """The variables with the product's addresses and keys; a key ring or public URL in ``given`` is kept."""
    return {
        "MUSTER_KEYS": given.get("MUSTER_KEYS") or folder.key_ring(),
        "MUSTER_HOST": addresses.api_host,
        "MUSTER_PORT": str(addresses.api_port),
        "MUSTER_PUBLIC_URL": given.get("MUSTER_PUBLIC_URL") or addresses.api,
        "MUSTER_WORKER_HEALTH_PORT": str(addresses.worker_health_port),
    }


def seed(company: Company, addresses: Addresses, elsewhere: Mapping[str, str]) -> dict[str, Any]:
    """The rows that `muster seed` writes; of a company without connections, only its account and tenant.

    ``elsewhere`` has the service URL of each channel that is not in the Teams simulator.
    """
    rows: dict[str, Any] = {
        "pagerduty_accounts": [
            {"key": company.account, "subdomain": company.account, "region": company.region}
        ],
        "tenants": [{"id": company.tenant_id, "name": company.tenant_name}],
    }
    if not company.connections:
        return rows
    # As in the guide: the account's owner adds the app, authorizes it and connects the services.
    owner = next(person for person in company.people if person.role == "owner")
    services = {service.id: service.name for service in company.services}
    return rows | {
        "tenants": [{"id": company.tenant_id, "name": company.tenant_name, "roles": company.bot_permissions}],
        "webhook_subscriptions": [
            {
                "account": company.account,
                "id": company.webhook_subscription,
                "secret": company.webhook_secret,
                "url": addresses.webhooks(company.account),
            }
        ],
        "teams": [
            {
                "tenant": company.tenant_id,
                "id": team.id,
                "aad_group_id": team.aad_group_id,
                "name": team.name,
                "account": company.account,
                "set_up": {
                    "service_url": addresses.service_url,
                    "installer": owner.aad_object_id,
                    "chosen_channel": team.channels[1].id,
                    "authorized_by": owner.pagerduty_user,
                    "authorized_name": owner.name,
                    "authorized_role": owner.role,
                },
            }
            for team in company.teams
        ],
        "channels": [
            {
                "team": team.id,
                "id": channel.id,
                "name": channel.name,
                "service_url": elsewhere.get(channel.id, addresses.service_url),
            }
            for team in company.teams
            for channel in team.channels
        ],
        "people": [
            {
                "tenant": company.tenant_id,
                "aad_object_id": person.aad_object_id,
                "teams_id": person.teams_id,
                "name": person.name,
                "email": person.email,
            }
            for person in company.colleagues
        ],
        "links": [
            {
                "tenant": company.tenant_id,
                "aad_object_id": person.aad_object_id,
                "account": company.account,
                "pagerduty_user": person.pagerduty_user,
                "pagerduty_name": person.name,
                "pagerduty_email": person.email,
                "pagerduty_role": person.role,
                "access_token": person.access_token,
            }
            for person in company.people
            if person.linked
        ],
        "connections": [
            {
                "account": company.account,
                "service": connection.service,
                "service_name": services[connection.service],
                "conversation": connection.channel,
                "connected_by": owner.aad_object_id,
                "connected_name": owner.name,
            }
            for connection in company.connections
        ],
        "api_tokens": [
            {
                "account": company.account,
                "name": "PagerDuty workflows",
                "token": company.muster_token,
                "pagerduty_user": owner.pagerduty_user,
                "pagerduty_email": owner.email,
            }
        ],
    }


def write_seed(
    folder: DataFolder, company: Company, addresses: Addresses, elsewhere: Mapping[str, str]
) -> None:
    """Write the seed file; only its owner can read it, since it has people's tokens."""
    write_private(folder.seed, json.dumps(seed(company, addresses, elsewhere), indent=1))
