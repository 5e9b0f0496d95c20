"""What PagerDuty and Microsoft publish about their interfaces, as checks of real exchanges and cards.

``reference`` has extracts of it with their sources: structure alone. What is used of each original stands in
``tools/schemas/originals.py``; ``make schemas`` writes the extracts anew where the originals are at hand.
"""

import json
from pathlib import Path
from typing import Any

from tools.schemas.originals import Original

CHECKOUT = Path(__file__).parents[2]


def extract(original: Original) -> dict[str, Any]:
    """The extract of a published schema: its ``source``, ``names`` and ``structure``."""
    read: dict[str, Any] = json.loads((CHECKOUT / original.extract).read_text())
    return read


def structure(original: Original) -> dict[str, Any]:
    """The extract's schema or description, read anew: whoever asks may change it."""
    structure: dict[str, Any] = extract(original)["structure"]
    return structure
