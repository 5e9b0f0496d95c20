"""The card's facts: one row for each thing that is known, in the order in which people ask for it."""

from collections.abc import Iterator

from muster.cards.elements import ColumnSet, TextRun, column, column_set, rich_text_block, text_run
from muster.cards.formatting import instant, instant_after, listed
from muster.cards.incident.names import NAME_LIMIT, name_of
from muster.cards.rich_text import link, with_links
from muster.cards.text import clip, literal, tidy, verbatim, web_link
from workflows.channel_incident.view import View
from workflows.incident.values import Bridge, Responder, Task

_LABEL_WIDTH = "84px"
"""Wide enough for the longest of our own labels. A share of the width would leave a gap on a wide screen."""
_MOST_PEOPLE = 6
_MOST_ROLES = 4
_MOST_TASKS = 3
_MOST_FIELDS = 5
_FIELD_NAME_LIMIT = 40
_LABEL_BREAKS_AFTER = 10
_FIELD_VALUE_LIMIT = 80
_STATE_LIMIT = 20
_NUMBER_LIMIT = 40
_TASK_LIMIT = 40


_ANSWERS = {
    "pending": "… asked",
    "joined": "✓ joined",
    "declined": "✗ declined",
    "cancelled": "– no longer asked",
}
"""By PagerDuty's state of a responder; a state that is not here is shown by its own name."""


def fact_rows(view: View) -> list[ColumnSet]:
    """One row for each thing that the view knows and the band does not say.

    Rows that every status has stand at the same place in each, so that a card does not jump when it changes.
    """
    return [*_status_and_origin(view), *_help(view), *_work(view)]


def _status_and_origin(view: View) -> Iterator[ColumnSet]:
    if view.status == "resolved":
        if view.resolved_at:
            yield _row("Resolved", text_run(instant_after(view.resolved_at, view.opened_at)))
    elif view.assignees:
        names = [name_of(person) for person in view.assignees]
        total = max(view.assignee_count, len(names))
        yield _row("Assigned to", text_run(listed(names, most=_MOST_PEOPLE, total=total)))
    if view.opened_at:
        yield _row("Opened", text_run(instant(view.opened_at)))
    if view.escalation_policy:
        yield _row("Escalation", text_run(name_of(view.escalation_policy)))


def _help(view: View) -> Iterator[ColumnSet]:
    if view.responders:
        yield _list_row("Responders", [_answer(one) for one in view.responders], most=_MOST_PEOPLE)
    held = [f"{literal(role.name, NAME_LIMIT)}: {name_of(role.holder)}" for role in view.roles if role.holder]
    if held:
        yield _list_row("Roles", held, most=_MOST_ROLES)
    if view.bridge and (ways_in := _ways_in(view.bridge)):
        yield _row("Bridge", *ways_in)


def _work(view: View) -> Iterator[ColumnSet]:
    if view.open_tasks:
        yield _list_row("Open tasks", [_task(task) for task in view.open_tasks], most=_MOST_TASKS)
    for field in view.fields[:_MOST_FIELDS]:
        name = literal(field.name, _FIELD_NAME_LIMIT, break_after=_LABEL_BREAKS_AFTER)
        yield _row(name, *_value(tidy(field.value)))
    left = len(view.fields) - _MOST_FIELDS
    if left > 0:
        yield _row("More", text_run(f"{left} more fields in PagerDuty"))


def _list_row(label: str, items: list[str], *, most: int) -> ColumnSet:
    return _row(label, text_run(listed(items, most=most, separator=" · ")))


def _row(label: str, *value: TextRun) -> ColumnSet:
    """A label and its value; rows follow each other as the lines of a text do."""
    label_block, value_block = rich_text_block(text_run(label, isSubtle=True)), rich_text_block(*value)
    return column_set(column(_LABEL_WIDTH, label_block), column("stretch", value_block), spacing="None")


def _ways_in(bridge: Bridge) -> list[TextRun]:
    url = web_link(bridge.url)
    number = literal(bridge.number or "", _NUMBER_LIMIT)
    if url is None:
        return [text_run(number)] if number else []
    join = link("Join meeting", url)
    return [join, text_run(f" · {number}")] if number else [join]


def _value(text: str) -> list[TextRun]:
    shown = clip(text, _FIELD_VALUE_LIMIT)
    if " " not in text and (url := web_link(text)):
        return [link(verbatim(shown), url)]
    return with_links(shown) or [text_run("–")]


def _answer(responder: Responder) -> str:
    answer = _ANSWERS.get(responder.state) or literal(responder.state, _STATE_LIMIT)
    return f"{name_of(responder.person)} {answer}"


def _task(task: Task) -> str:
    name = literal(task.name, _TASK_LIMIT)
    return f"{name} ({name_of(task.assignees[0])})" if task.assignees else name
