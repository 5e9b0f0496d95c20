"""A copy of the product's code with something added."""

import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
COPIED = (
    "workflows",
    "activities",
    "api",
    "muster",
    "sandbox",
    "bench",
    "tools",
    "tests",
    "docs",
    "deploy",
    "worker.py",
    "pyproject.toml",
)


def copied_tree(tree: Path, *, adding: str) -> Path:
    """The code, with the files of ``adding`` and its script laid over it."""
    for name in COPIED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__", ".artifacts"))
        else:
            shutil.copyfile(source, tree / name)
    shutil.copytree(HERE / adding, tree, dirs_exist_ok=True)
    script = f"run_{adding}.py"
    shutil.copyfile(HERE / script, tree / script)
    return tree


def run(tree: Path, *command: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a command with the tree's code: PYTHONPATH puts it before the installed checkout."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
