"""Prepare everything that `make run` and `make test` need; what is there already is left alone.

Started by whatever `python3` is on the machine, so this file keeps to syntax that old versions can read
and hands over to a Python that is new enough. ``--playground`` adds Microsoft's Agents Playground,
``--browser`` the Chromium of the browser tests, ``--pooler`` the pgbouncer of the tests of the store,
``--lint`` the linter of the pages.
"""

import os
import shutil
import sys

OLDEST = (3, 11)
NEWER = ["python3.14", "python3.13", "python3.12", "python3.11"]


def hand_over() -> None:
    """Run this file again with a newer Python from PATH; end with advice where there is none."""
    for name in NEWER:
        path = shutil.which(name)
        if path:
            os.execv(path, [path] + sys.argv)  # noqa: S606, RUF005 -- a fixed list of names; old syntax
    sys.exit(
        "Python 3.11 or newer is needed, this is %s. "  # noqa: UP031 -- old syntax
        "Get it from python.org or your system's packages (Debian 12: apt-get install python3 python3-venv), "
        "or name one: make setup PYTHON=/path/to/python3.11" % sys.version.split()[0]
    )


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        hand_over()
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    from tools.steps import run

    run(sys.argv[1:])
