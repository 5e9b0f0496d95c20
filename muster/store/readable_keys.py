"""Readable keys that are unique: ``payments``, then ``payments-2``. They become parts of workflow ids."""

import re
import unicodedata
from collections.abc import Container

from muster.store.pool import Connection
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)

_UNREADABLE = re.compile(r"[^a-z0-9]+")
_LONGEST = 60


def readable(*names: str) -> str:
    """The names in small letters and digits, joined by hyphens; empty where they hold no Latin letter."""
    letters = unicodedata.normalize("NFKD", " ".join(names).casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    key = _UNREADABLE.sub("-", plain).strip("-")[:_LONGEST].strip("-")
    return key if re.search("[a-z]", key) else ""


async def draw_team_key(connection: Connection, name: str) -> str:
    """A key that no team has yet, until the transaction ends; ``team-3`` for a name without Latin letters."""
    base = readable(name)
    await _one_at_a_time(connection, "team")
    rows = await QUERIES["team_keys"].fetch(connection, base=base or "team")
    return _free(base, {row["key"] for row in rows}, otherwise="team")


async def draw_conversation_key(connection: Connection, *names: str) -> str:
    """A key that no conversation has yet, until the transaction ends; else ``channel-3``."""
    base = readable(*names)
    return _free(base, await _taken(connection, base or "channel"), otherwise="channel")


async def draw_chat_key(connection: Connection, incident: int | str, account: str) -> str:
    """A key that no conversation has yet, until the transaction ends.

    ``chat-42`` after the incident's number, or its id where it has none, else ``chat-42-acme``, else
    ``chat-42-acme-2``.
    """
    shortest, longer = readable("chat", str(incident)), readable("chat", str(incident), account)
    taken = await _taken(connection, shortest)
    return shortest if shortest not in taken else _free(longer, taken, otherwise=longer)


async def _taken(connection: Connection, base: str) -> set[str]:
    """The keys of conversations that begin so; until the transaction ends nobody else draws one."""
    await _one_at_a_time(connection, "conversation")
    return {row["key"] for row in await QUERIES["conversation_keys"].fetch(connection, base=base)}


async def _one_at_a_time(connection: Connection, table: str) -> None:
    await QUERIES["lock"].execute(connection, table=table)


def _free(base: str, taken: Container[str], *, otherwise: str) -> str:
    """The base, or the base with the lowest free number."""
    if base and base not in taken:
        return base
    number = 2 if base else 1
    while f"{base or otherwise}-{number}" in taken:
        number += 1
    return f"{base or otherwise}-{number}"
