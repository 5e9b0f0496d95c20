"""The company file, which the simulators read."""

from pathlib import Path

from sandbox.company.model import Company
from sandbox.private_files import write_private


def read_company(path: Path) -> Company:
    """Read the company from its file."""
    return Company.model_validate_json(path.read_text())


def write_company(path: Path, company: Company) -> None:
    """Write the file; only its owner can read it, since it has every secret of the sandbox."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, company.model_dump_json(indent=1))
