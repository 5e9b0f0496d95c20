"""``GET /users/{id}`` of Graph: one person of the directory.

Which properties a permission shows follows learn.microsoft.com *user resource type* and *permissions
reference*, and issues 2833 of microsoftgraph/microsoft-graph-docs and 2602 of
microsoftgraph/microsoft-graph-toolkit.
"""

import re
from collections.abc import Collection
from typing import Any

from sandbox import graph_errors
from sandbox.company import Person
from sandbox.microsoft.directory import Directory

BASIC, FULL = "User.ReadBasic.All", "User.Read.All"
_BASIC_PROFILE = ("displayName", "givenName", "surname", "mail", "userPrincipalName", "id")
_UNLESS_SELECTED = (
    "businessPhones",
    *_BASIC_PROFILE,
    "jobTitle",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
)
"""What Graph tells to who selects nothing."""
_BY_ADDRESS = re.compile(r"mail eq '(?P<mail>(?:[^']|'')+)' or userPrincipalName eq '(?P<name>(?:[^']|'')+)'")
_BY_FULL_PERMISSION = ("accountEnabled", "userType")
"""Told only to who selects them, and refused without the full permission; others are null without it."""


class GraphPeople:
    """Reads people for tokens that have one of the two permissions."""

    def __init__(self, directory: Directory, address: str) -> None:
        self._directory = directory
        self._address = address

    def answer(self, key: str, select: str | None, roles: Collection[str]) -> dict[str, Any]:
        """The person with this object id or principal name; raises GraphError."""
        names = self._names(select, roles)
        person = self._directory.find(key)
        if person is None:
            raise graph_errors.resource_not_found(key)
        selected = f"({','.join(names)})" if select else ""
        context = {"@odata.context": f"{self._address}/v1.0/$metadata#users{selected}/$entity"}
        return context | self._shown(person, names, roles)

    def filtered(self, condition: str, select: str | None, roles: Collection[str]) -> dict[str, Any]:
        """The people whose address or principal name is the one that the filter names; raises GraphError.

        The basic permission reads people and filters none.
        """
        names = self._names(select, roles)
        if FULL not in roles:
            raise graph_errors.request_denied()
        found = _BY_ADDRESS.fullmatch(condition)
        if found is None or found["mail"] != found["name"]:
            raise graph_errors.bad_request("This simulator filters people by their address alone.")
        person = self._directory.find_by_address(found["mail"].replace("''", "'"))
        people = [] if person is None else [self._shown(person, names, roles)]
        return {"@odata.context": f"{self._address}/v1.0/$metadata#users", "value": people}

    def _names(self, select: str | None, roles: Collection[str]) -> tuple[str, ...]:
        """The properties to tell; raises GraphError for one that is unknown, or not for this token."""
        may_read_all = FULL in roles
        if not may_read_all and BASIC not in roles:
            raise graph_errors.request_denied()
        names = _UNLESS_SELECTED if not select else tuple(name.strip() for name in select.split(","))
        for name in names:
            if name not in (*_UNLESS_SELECTED, *_BY_FULL_PERMISSION):
                raise graph_errors.bad_request(
                    f"Could not find a property named '{name}' on type 'microsoft.graph.user'."
                )
            if name in _BY_FULL_PERMISSION and not may_read_all:
                raise graph_errors.request_denied()
        return names

    def _shown(self, person: Person, names: Collection[str], roles: Collection[str]) -> dict[str, Any]:
        known = self._properties(person)
        return {
            name: known[name] if FULL in roles or name in _BASIC_PROFILE else _hidden(known[name])
            for name in names
        }

    def _properties(self, person: Person) -> dict[str, Any]:
        given_name, _, surname = person.name.partition(" ")
        return {
            "id": person.aad_object_id,
            "accountEnabled": not self._directory.is_disabled(person),
            "businessPhones": [],
            "displayName": person.name,
            "givenName": given_name,
            "jobTitle": person.job_title,
            "mail": person.email,
            "mobilePhone": None,
            "officeLocation": None,
            "preferredLanguage": None,
            "surname": surname,
            "userPrincipalName": self._directory.principal_name(person),
            "userType": "Member" if person.guest_from is None else "Guest",
        }


def _hidden(value: Any) -> Any:
    return [] if isinstance(value, list) else None
