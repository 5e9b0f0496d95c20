"""Look for the Chromium that the browser tests drive; install it where that is ours to do."""

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FONTS = ("fonts-liberation", "fonts-noto-color-emoji", "fonts-noto-core")


def main() -> None:
    """Install Debian's Chromium in CI or as root; elsewhere say how to get one."""
    if any(shutil.which(name) for name in _NAMES):
        return
    ours = os.geteuid() == 0 or os.environ.get("CI") == "true"
    if not (ours and shutil.which("apt-get")):
        sys.exit(
            "the browser tests need Chromium on PATH (Debian: apt-get install chromium fonts-liberation)"
        )
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    for arguments in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", "chromium", *_FONTS],
    ):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([*sudo, "apt-get", *arguments], check=True, env=env)


if __name__ == "__main__":
    main()
