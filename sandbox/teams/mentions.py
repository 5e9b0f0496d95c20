"""Mentions in what a person writes: ``@Name`` becomes the tag and the entity that Teams sends."""

import re
from collections.abc import Sequence

from sandbox.teams.state import Json


def mention(text: str, accounts: Sequence[Json]) -> Json:
    """``text`` with a tag for every ``@Name`` of these accounts, and ``entities``, one for each tag.

    Where one name begins with another, the longer one is meant. Case does not count.
    """
    by_name = {str(account["name"]).lower(): account for account in accounts}
    if not by_name:
        return {"text": text, "entities": []}
    names = "|".join(re.escape(name) for name in sorted(by_name, key=len, reverse=True))
    entities: list[Json] = []

    def tag(found: re.Match[str]) -> str:
        account = by_name[found[1].lower()]
        entities.append(_entity(account))
        return str(entities[-1]["text"])

    tagged = re.sub(rf"(?<!\w)@({names})(?!\w)", tag, text, flags=re.IGNORECASE)
    return {"text": tagged, "entities": entities}


def mention_in_front(content: Json, account: Json) -> Json:
    """The same content behind a mention of this account."""
    entity = _entity(account)
    return {
        "text": f"{entity['text']} {content['text'].strip()}",
        "entities": [entity, *content["entities"]],
    }


def mentions(content: Json, account: Json) -> bool:
    """Whether the content mentions this account."""
    return any(entity["mentioned"]["id"] == account["id"] for entity in content["entities"])


def _entity(account: Json) -> Json:
    mentioned = {"id": account["id"], "name": account["name"]}
    return {"type": "mention", "mentioned": mentioned, "text": f"<at>{account['name']}</at>"}
