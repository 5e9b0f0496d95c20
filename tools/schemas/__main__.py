"""Write the extracts: ``python -m tools.schemas [--from DIR]``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from tools.schemas.calls import NoSuchCall
from tools.schemas.extract import NotNames, extract_of
from tools.schemas.originals import ORIGINALS
from tools.schemas.references import BrokenReference
from tools.schemas.structure import UnknownKeyword

CHECKOUT = Path(__file__).parents[2]

UNUSABLE = (BrokenReference, NoSuchCall, NotNames, UnknownKeyword, ValueError)
"""Somebody must look at an original; ``ValueError`` if it is no JSON."""


def main(
    folder: Annotated[Path, typer.Option("--from", help="The folder of the originals.")] = (
        CHECKOUT.parent / "shared" / "reference"
    ),
) -> None:
    """Write the extracts of published schemas, each where it is used: all of them or none."""
    missing = [path for path in (folder / original.file for original in ORIGINALS) if not path.is_file()]
    if missing:
        raise SystemExit(
            f"These originals are not there: {', '.join(map(str, missing))}. The extracts stay as they are; "
            "they are written anew only where the originals lie (make schemas FROM=DIR)."
        )
    try:
        extracts = {
            original.extract: extract_of(original, (folder / original.file).read_bytes())
            for original in ORIGINALS
        }
    except UNUSABLE as error:
        raise SystemExit(f"{error}. The extracts stay as they are.") from None
    for name, extract in extracts.items():
        text = json.dumps(extract, ensure_ascii=False, indent=2)
        (CHECKOUT / name).write_text(text + "\n")
        typer.echo(f"{name}: {len(text):,} characters")


if __name__ == "__main__":
    typer.run(main)
