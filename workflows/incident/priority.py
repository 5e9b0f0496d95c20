"""Whether a priority went up. PagerDuty's events name priorities and do not order them."""

import re

from workflows.incident.values import Reference

_NUMBER = re.compile(r"(\d+)\s*$")


def raises(before: Reference | None, after: Reference | None) -> bool:
    """Whether ``after`` is more urgent than ``before``.

    Names that end in a number (P1, SEV-2) compare by it, a smaller one is more urgent. Where either
    has none, any change to a named priority counts: an extra message is better than a missed P1.
    """
    if after is None:
        return False
    if before is None:
        return True
    if before.id == after.id or before.name == after.name:
        return False
    old, new = _NUMBER.search(before.name), _NUMBER.search(after.name)
    if old is None or new is None:
        return True
    return int(new.group(1)) < int(old.group(1))
