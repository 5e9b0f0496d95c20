"""The manifest of the app, and the schema that it is held against before anybody gets it.

Sources: Microsoft's manifest schema 1.29, of which ``teams-manifest.schema.json`` is an extract (its
``source`` says from where), and docs/platform-facts.md §5.11 and §7.1.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

import jsonschema_rs

from muster.app_package.public_domain import public_domain
from muster.cards.app_manifest import (
    FULL_DESCRIPTION,
    SEARCH_COMMAND,
    SEARCH_DESCRIPTION,
    SEARCH_PARAMETER,
    SEARCH_PARAMETER_DESCRIPTION,
    SEARCH_PARAMETER_TITLE,
    SEARCH_TITLE,
    SHORT_DESCRIPTION,
    command_descriptions,
)
from muster.config_file import TeamsRegistration
from muster.errors import OperatorError

COLOR_ICON, OUTLINE_ICON = "color.png", "outline.png"
"""192×192, and 32×32 in pure white with alpha."""
ACCENT_COLOR = "#1F3A5F"
"""The colour that ``color.png`` is filled with."""

SCOPES = ("team", "personal", "groupChat")
PRIVATE_COMMANDS = frozenset({"authorize"})
"""Suggested in the private chat alone: a KEY that is written where others read it is dead."""
TEAM_COMMANDS = frozenset({"connect", "disconnect", "list"})
"""Suggested in channels alone: services are connected to channels."""
_KEYS = {"name.short": "name.short, which is name in muster.toml"}
"""What an operator writes, where a place of the manifest is called otherwise."""


class ManifestRefused(OperatorError):
    """The configuration makes no manifest that Teams would take; the text has a line per problem."""

    exit_code: ClassVar[int] = 2


def app_manifest(
    registration: TeamsRegistration, *, public_url: str, about: str | None = None, version: str
) -> dict[str, Any]:
    """The manifest for a registration, valid by Microsoft's schema.

    ``about`` is the page that people find under *website*, *privacy* and *terms of use*; without it they find
    ``public_url``. Raises ``AddressNotPublic`` or ``ManifestRefused``.

    It asks for no permission of a team. With ``ChannelMessage.Read.Group`` Teams sends the bot every message
    of a channel, and the app could no longer be brought into a chat by
    ``TeamsAppInstallation.ReadWriteSelfForChat.All`` (docs/platform-facts.md §7.2).
    """
    domain = public_domain(public_url)
    page = about or public_url
    manifest: dict[str, Any] = {
        "$schema": "https://developer.microsoft.com/json-schemas/teams/v1.29/MicrosoftTeams.schema.json",
        "manifestVersion": "1.29",
        "version": version,
        "id": registration.app_id,
        "developer": {
            "name": "Muster",
            "websiteUrl": page,
            "privacyUrl": page,
            "termsOfUseUrl": page,
        },
        "name": {"short": registration.name},
        "description": {"short": SHORT_DESCRIPTION, "full": FULL_DESCRIPTION},
        "icons": {"color": COLOR_ICON, "outline": OUTLINE_ICON},
        "accentColor": ACCENT_COLOR,
        "defaultInstallScope": "team",
        "bots": [_bot(registration.app_id)],
        "composeExtensions": [_message_extension(registration.app_id)],
        "validDomains": [domain],
        # By its id Graph knows that this app is the one whose token asks to bring *itself* into a chat.
        "webApplicationInfo": {
            "id": registration.app_id,
            "resource": f"api://botid-{registration.app_id}",
        },
    }
    if wrong := problems(manifest):
        raise ManifestRefused("\n".join(f"package: {problem}" for problem in wrong))
    return manifest


def problems(manifest: dict[str, Any]) -> list[str]:
    """What Microsoft's schema finds wrong, each with its place."""
    places = (
        (".".join(map(str, error.instance_path)), error.message)
        for error in _validator().iter_errors(manifest)
    )
    return [f"{_KEYS.get(place, place) or 'the whole'}: {message}" for place, message in places]


def _bot(app_id: str) -> dict[str, Any]:
    return {
        "botId": app_id,
        "scopes": list(SCOPES),
        "needsChannelSelector": True,  # the channel that is chosen at the installation is remembered
        "isNotificationOnly": False,
        "supportsFiles": False,
        "supportsTargetedMessages": True,  # without it Teams offers no slash command
        "commandLists": [_command_list(scope) for scope in SCOPES],
    }


def _message_extension(app_id: str) -> dict[str, Any]:
    """The search beside the box to write in and in the command box, which asks before anybody types."""
    return {
        "botId": app_id,
        "commands": [
            {
                "id": SEARCH_COMMAND,
                "type": "query",
                "context": ["compose", "commandBox"],
                "title": SEARCH_TITLE,
                "description": SEARCH_DESCRIPTION,
                "initialRun": True,
                "parameters": [
                    {
                        "name": SEARCH_PARAMETER,
                        "title": SEARCH_PARAMETER_TITLE,
                        "description": SEARCH_PARAMETER_DESCRIPTION,
                        "inputType": "text",
                    }
                ],
            }
        ],
    }


def _command_list(scope: str) -> dict[str, Any]:
    hidden = (PRIVATE_COMMANDS if scope != "personal" else frozenset()) | (
        TEAM_COMMANDS if scope != "team" else frozenset()
    )
    return {
        "scopes": [scope],
        "triggers": ["mention", "slash"],
        "commands": [
            {"title": name, "description": description}
            for name, description in command_descriptions().items()
            if name not in hidden
        ],
    }


@cache
def _validator() -> jsonschema_rs.Draft7Validator:
    # The schema says that it is of draft 4, which does not know ``const``, and uses it.
    text = files("muster.app_package").joinpath("teams-manifest.schema.json").read_text()
    return jsonschema_rs.Draft7Validator(json.loads(text)["structure"], validate_formats=True)
