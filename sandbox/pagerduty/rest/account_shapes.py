"""The full JSON shapes of users, services, escalation policies, teams, priorities and on-calls."""

from sandbox.pagerduty.directory import JSON, Directory


def user(directory: Directory, key: str) -> JSON:
    """A user. The schema has references of their teams, whatever ``include[]`` asks for."""
    person = directory.users[key]
    return {
        **directory.reference("user", key),
        "type": "user",
        "name": person.name,
        "email": person.email,
        "time_zone": "Etc/UTC",
        "color": "green",
        "role": directory.role(key),
        "description": None,
        "invitation_sent": False,
        "job_title": person.job_title,
        "teams": [directory.reference("team", team) for team in directory.teams_of_user(key)],
        "contact_methods": [],
        "notification_rules": [],
    }


def service(directory: Directory, key: str, status: str) -> JSON:
    """A service; its status depends on its open incidents. Its teams are references as a user's are."""
    known = directory.services[key]
    return {
        **directory.reference("service", key),
        "type": "service",
        "name": known.name,
        "description": known.description,
        "status": status,
        "escalation_policy": directory.reference("escalation_policy", known.escalation_policy),
        "teams": [directory.reference("team", team) for team in directory.teams_of_service(key)],
        "incident_urgency_rule": {"type": "constant", "urgency": "high"},
        "acknowledgement_timeout": known.acknowledgement_timeout,
        "auto_resolve_timeout": known.auto_resolve_timeout,
        "alert_creation": "create_alerts_and_incidents",
        "integrations": [integration(directory, key, "Events API v2")],
        "addons": [],
        "scheduled_actions": [],
    }


def integration(directory: Directory, service: str, name: str) -> JSON:
    """A service's integration that takes events, as references show it."""
    key = f"{service}I1"
    return {
        "id": key,
        "type": "events_api_v2_inbound_integration_reference",
        "summary": name,
        "self": directory.api_url("services", service, "integrations", key),
        "html_url": directory.console_url("service", service),
    }


def escalation_policy(directory: Directory, key: str) -> JSON:
    """An escalation policy with its rules, one for each level."""
    services = [one for one in directory.seen_services.values() if one.escalation_policy == key]
    teams = {team for one in services for team in directory.teams_of_service(one.id)}
    return {
        **directory.reference("escalation_policy", key),
        "type": "escalation_policy",
        "name": directory.policies[key].name,
        "description": "",
        "num_loops": directory.policies[key].loops,
        "on_call_handoff_notifications": "if_has_services",
        "escalation_rules": [
            {
                "id": f"{key}L{number}",
                "escalation_delay_in_minutes": directory.policies[key].delay_in_minutes,
                "targets": [directory.reference("user", target) for target in level],
            }
            for number, level in enumerate(directory.policies[key].levels, start=1)
        ],
        "services": [directory.reference("service", one.id) for one in services],
        "teams": [directory.reference("team", team) for team in sorted(teams)],
    }


def team(directory: Directory, key: str) -> JSON:
    """A team."""
    return {
        **directory.reference("team", key),
        "type": "team",
        "name": directory.teams[key].name,
        "description": "",
        "default_role": directory.team_memberships.default_role(key),
    }


def member(directory: Directory, team: str, key: str) -> JSON:
    """A member of a team, with their role there."""
    return {
        "user": directory.reference("user", key),
        "role": directory.team_memberships.role(team, key),
    }


def priority(directory: Directory, key: str) -> JSON:
    """A priority, with the colour that PagerDuty adds to its own schema."""
    known = directory.priorities[key]
    return {
        **directory.reference("priority", key),
        "type": "priority",
        "name": known.name,
        "description": "",
        "color": known.color,
    }


def on_call(directory: Directory, *, policy: str, level: int, user: str) -> JSON:
    """An on-call by name, not by a schedule: it has no end."""
    return {
        "escalation_policy": directory.reference("escalation_policy", policy),
        "escalation_level": level,
        "user": directory.reference("user", user),
        "schedule": None,
        "start": None,
        "end": None,
    }
