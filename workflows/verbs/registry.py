"""All verbs, in the order of their buttons: every module of this package that has a ``VERB``."""

import importlib
import pkgutil

from workflows import verbs
from workflows.verbs.verb import Verb


def _found() -> dict[str, Verb]:
    modules = [
        importlib.import_module(f"{verbs.__name__}.{module.name}")
        for module in pkgutil.iter_modules(verbs.__path__)
        if not __name__.endswith(f".{module.name}")
    ]
    rows: list[Verb] = [module.VERB for module in modules if hasattr(module, "VERB")]
    return {row.name: row for row in sorted(rows, key=lambda row: (row.place, row.name))}


VERBS: dict[str, Verb] = _found()
"""By name."""
CARD_VERBS: dict[str, Verb] = {name: row for name, row in VERBS.items() if row.owner == "card"}
"""Those whose clicks the run of the pressed card handles."""
