"""Packages of Debian, where the machine is ours to change: in CI and as root."""

import os
import shutil

from tools.steps.progress import run


def may_install() -> bool:
    """Whether Debian's packages are ours to install."""
    return (os.geteuid() == 0 or os.environ.get("CI") == "true") and shutil.which("apt-get") is not None


def install(*packages: str, label: str) -> None:
    """Install them; first mend what an interrupted installation left half done. Raises StepFailed."""
    as_root("dpkg", "--configure", "-a", label="Debian's packages")
    as_root("apt-get", "update", "-qq", label="Debian's package lists")
    install = ("apt-get", "install", "-y", "--no-install-recommends", *packages)
    as_root(*install, label=label, counts="^Setting up ")


def as_root(*command: str, label: str, counts: str = "$.") -> None:
    """Run it as root, counting the lines of its output that match ``counts``; raises StepFailed."""
    root = [] if os.geteuid() == 0 else ["sudo", "--preserve-env=DEBIAN_FRONTEND"]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run([*root, *command], label=label, counts=counts, env=env)
