"""Write the extracts: ``python -m tools.schemas [--from DIR]``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tools.schemas.extract import extract_of
from tools.schemas.originals import ORIGINALS

CHECKOUT = Path(__file__).parents[2]
EXTRACTS = CHECKOUT / "tests" / "schemas" / "reference"


def main(
    folder: Annotated[Path, typer.Option("--from", help="The folder of the originals.")] = (
        CHECKOUT.parent / "shared" / "reference"
    ),
) -> None:
    """Write the extracts of published schemas that the tests read."""
    for original in ORIGINALS:
        path = folder / original.file
        if not path.is_file():
            raise SystemExit(
                f"The original of {original.name} is not there: {path}. The extracts stay as they are; "
                "they are written anew only where the originals lie (--from DIR)."
            )
        extract = json.dumps(extract_of(original, path.read_bytes()), ensure_ascii=False, indent=2)
        (EXTRACTS / original.extract).write_text(extract + "\n")
        typer.echo(f"{original.extract}: {len(extract):,} characters")


if __name__ == "__main__":
    typer.run(main)
