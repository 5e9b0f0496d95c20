"""The card's facts: one row per thing that is known, in the order in which people ask for it."""

from collections.abc import Iterator

from muster.cards.blocks import Block, fact, link, run
from muster.cards.passage import linked
from muster.cards.tables import ANSWERS, NAME_LIMIT
from muster.cards.text import clip, literal, tidy, verbatim, web_link
from muster.cards.words import instant, instant_after, listed
from workflows.channel_incident.view import View
from workflows.incident.values import Bridge, Reference, Responder, Task

_MOST_PEOPLE = 6
_MOST_ROLES = 4
_MOST_TASKS = 3
_MOST_FIELDS = 5
_FIELD_NAME_LIMIT = 40
_LABEL_WORD = 10
_FIELD_VALUE_LIMIT = 80
_NUMBER_LIMIT = 40
_TASK_LIMIT = 40


def name_of(thing: Reference) -> str:
    """What people call it, as a ``TextRun`` shows it."""
    return literal(thing.name, NAME_LIMIT) or literal(thing.id, NAME_LIMIT)


def fact_rows(view: View) -> list[Block]:
    """The rows for everything that the view knows and the band does not say.

    What every state has stands at the same place in each: a card that changes must not jump.
    """
    return [*_state_and_origin(view), *_help(view), *_work(view)]


def _state_and_origin(view: View) -> Iterator[Block]:
    if view.status == "resolved":
        if view.resolved_at:
            yield fact("Resolved", run(instant_after(view.resolved_at, view.opened_at)))
    elif view.assignees:
        names = [name_of(person) for person in view.assignees]
        total = max(view.assignee_count, len(names))
        yield fact("Assigned to", run(listed(names, most=_MOST_PEOPLE, total=total)))
    if view.opened_at:
        yield fact("Opened", run(instant(view.opened_at)))
    if view.escalation_policy:
        yield fact("Escalation", run(name_of(view.escalation_policy)))


def _help(view: View) -> Iterator[Block]:
    if view.responders:
        yield _dotted("Responders", [_answer(responder) for responder in view.responders], most=_MOST_PEOPLE)
    held = [f"{literal(role.name, NAME_LIMIT)}: {name_of(role.holder)}" for role in view.roles if role.holder]
    if held:
        yield _dotted("Roles", held, most=_MOST_ROLES)
    if view.bridge and (ways_in := _ways_in(view.bridge)):
        yield fact("Bridge", *ways_in)


def _work(view: View) -> Iterator[Block]:
    if view.open_tasks:
        yield _dotted("Open tasks", [_task(task) for task in view.open_tasks], most=_MOST_TASKS)
    for field in view.fields[:_MOST_FIELDS]:
        name = literal(field.name, _FIELD_NAME_LIMIT, word=_LABEL_WORD)
        yield fact(name, *_value(tidy(field.value)))
    left = len(view.fields) - _MOST_FIELDS
    if left > 0:
        yield fact("More", run(f"{left} more fields in PagerDuty"))


def _dotted(label: str, items: list[str], *, most: int) -> Block:
    return fact(label, run(listed(items, most=most, separator=" · ")))


def _ways_in(bridge: Bridge) -> list[Block]:
    url = web_link(bridge.url)
    number = literal(bridge.number or "", _NUMBER_LIMIT)
    if url is None:
        return [run(number)] if number else []
    join = link("Join meeting", url)
    return [join, run(f" · {number}")] if number else [join]


def _value(text: str) -> list[Block]:
    shown = clip(text, _FIELD_VALUE_LIMIT)
    if " " not in text and (url := web_link(text)):
        return [link(verbatim(shown), url)]
    return linked(shown) or [run("–")]


def _answer(responder: Responder) -> str:
    name = name_of(responder.person)
    answer = ANSWERS.get(responder.state)
    return f"{name} {answer.symbol} {answer.word}" if answer else f"{name} {literal(responder.state, 20)}"


def _task(task: Task) -> str:
    name = literal(task.name, _TASK_LIMIT)
    return f"{name} ({name_of(task.assignees[0])})" if task.assignees else name
