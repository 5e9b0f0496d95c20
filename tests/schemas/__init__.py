"""What PagerDuty and Microsoft publish about their interfaces, as checks of real exchanges and cards."""

from pathlib import Path

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
