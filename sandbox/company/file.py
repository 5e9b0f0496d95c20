"""The company file, which both simulators read."""

from pathlib import Path

from sandbox.company.model import Company


def read_company(path: Path) -> Company:
    """Read the company from its file."""
    return Company.model_validate_json(path.read_text())


def write_company(path: Path, company: Company) -> None:
    """Write the file; only its owner can read it, since it has every secret of the sandbox."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(company.model_dump_json(indent=1))
