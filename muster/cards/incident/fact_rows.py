"""The card's facts: one row for each thing that is known, in the order in which people ask for it."""

from collections.abc import Iterator

from muster.cards.elements import (
    ColumnSet,
    Element,
    RichTextBlock,
    column,
    column_set,
    rich_text_block,
    text_block,
    text_run,
)
from muster.cards.formatting import duration, instant_after, listed
from muster.cards.incident.names import NAME_LIMIT, name_of
from muster.cards.incident.room import JOIN_CHAT, READ_CHAT, archive_address, chat_address
from muster.cards.rich_text import is_address, label_of, links_in, markdown_link
from muster.cards.text import literal, tidy
from muster.web_addresses import begins_as_address
from workflows.channel_incident.view import View
from workflows.incident.values import Bridge, Escalation, Responder, Task

_LABEL_WIDTH = "108px"
"""Wide enough for the longest of our own labels. A share of the width would leave a gap on a wide screen."""
_MOST_PEOPLE = 6
_MOST_ROLES = 4
_MOST_TASKS = 3
_MOST_FIELDS = 5
_FIELD_NAME_LIMIT = 40
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
    return [*_people(view), *_escalation(view), *_help(view), *_work(view)]


def _people(view: View) -> Iterator[ColumnSet]:
    if view.status == "resolved":
        if view.acknowledgements:
            first = view.acknowledgements[0]
            after = f" after {duration(first.at - view.opened_at)}" if view.opened_at else ""
            yield _row("Acknowledged", _text(f"{name_of(first.person)}{after}"))
    elif view.assignees:
        names = [name_of(person) for person in view.assignees]
        total = max(view.assignee_count, len(names))
        yield _row("Assigned to", _text(listed(names, most=_MOST_PEOPLE, total=total)))


def _escalation(view: View) -> Iterator[ColumnSet]:
    stands: list[Element] = []
    level = f"level {view.escalation.level}" if view.escalation and view.escalation.level else ""
    policy = name_of(view.escalation_policy) if view.escalation_policy else ""
    if policy or level:
        stands.append(_text(" · ".join(part for part in (policy, level) if part)))
    if view.escalation and (next_step := _next_step(view, view.escalation)):
        stands.append(text_block(next_step, spacing="None"))
    if stands:
        yield _row("Escalation", *stands)


def _next_step(view: View, escalation: Escalation) -> str | None:
    if escalation.at is None:
        return None
    to = f" to level {escalation.next_level}" if escalation.next_level else ""
    return f"Escalates{to} at {instant_after(escalation.at, view.opened_at)} unless acknowledged"


def _help(view: View) -> Iterator[ColumnSet]:
    if view.responders:
        yield _list_row("Responders", [_answer(one) for one in view.responders], most=_MOST_PEOPLE)
    held = [f"{literal(role.name, NAME_LIMIT)}: {name_of(role.holder)}" for role in view.roles if role.holder]
    if held:
        yield _list_row("Roles", held, most=_MOST_ROLES)
    if view.bridge and (ways_in := _ways_in(view.bridge)):
        yield _row("Bridge", *ways_in)
    if join := markdown_link(JOIN_CHAT, chat_address(view.room)):
        yield _row("Chat", text_block(join))
    if read := markdown_link(READ_CHAT, archive_address(view.room)):
        yield _row("Chat", text_block(read))


def _work(view: View) -> Iterator[ColumnSet]:
    if view.open_tasks:
        yield _list_row("Open tasks", [_task(task) for task in view.open_tasks], most=_MOST_TASKS)
    for field in view.fields[:_MOST_FIELDS]:
        name = text_run(literal(field.name, _FIELD_NAME_LIMIT), isSubtle=True)
        yield _row(rich_text_block(name), *_value(tidy(field.value)))
    left = len(view.fields) - _MOST_FIELDS
    if left > 0:
        yield _row("More", text_block(f"{left} more fields in PagerDuty"))


def _list_row(label: str, items: list[str], *, most: int) -> ColumnSet:
    return _row(label, _text(listed(items, most=most, separator=" · ")))


def _row(label: str | RichTextBlock, *value: Element) -> ColumnSet:
    """A label and its value; rows follow each other as the lines of a text do."""
    name = text_block(label, isSubtle=True) if isinstance(label, str) else label
    return column_set(column(_LABEL_WIDTH, name), column("stretch", *value), spacing="None")


def _text(text: str) -> RichTextBlock:
    return rich_text_block(text_run(text))


def _ways_in(bridge: Bridge) -> list[Element]:
    join = markdown_link("Join meeting", bridge.url)
    number = literal(bridge.number or "", _NUMBER_LIMIT)
    ways: list[Element] = [text_block(join)] if join else []
    return [*ways, rich_text_block(text_run(number), spacing="None")] if number else ways


def _value(text: str) -> list[Element]:
    """A value that is an address is a link that says where it leads."""
    if is_address(text) and (link := markdown_link(label_of(text), text)):
        return [text_block(link)]
    value: list[Element] = [_text(literal(text, _FIELD_VALUE_LIMIT) or "–"), *links_in(text)]
    if len(value) == 1 and begins_as_address(text):
        value.append(text_block("The whole address is in PagerDuty.", size="Small", isSubtle=True))
    return value


def _answer(responder: Responder) -> str:
    answer = _ANSWERS.get(responder.state) or literal(responder.state, _STATE_LIMIT)
    return f"{name_of(responder.person)} {answer}"


def _task(task: Task) -> str:
    name = literal(task.name, _TASK_LIMIT)
    return f"{name} ({name_of(task.assignees[0])})" if task.assignees else name
