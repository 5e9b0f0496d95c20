"""Prepare everything that `make run` and `make test` need; what is there already is left alone.

Started by whatever `python3` is on the machine, so this file keeps to syntax that old versions can read
and hands over to a Python that is new enough. ``--playground`` adds Microsoft's Agents Playground,
``--browser`` the Chromium of the browser tests, ``--pooler`` the pgbouncer of the tests of the store,
``--lint`` the linter of the pages. ``--named`` says that somebody chose this Python: it is kept, and no other
one is taken in its place.
"""

import os
import shutil
import signal
import sys

OLDEST = (3, 11)
NEWER = ["python3.14", "python3.13", "python3.12", "python3.11"]


def hand_over() -> None:
    """Run this file again with a newer Python from PATH; end with advice where there is none."""
    for name in [] if "--named" in sys.argv else NEWER:
        path = shutil.which(name)
        if path:
            os.execv(path, [path] + sys.argv)  # noqa: S606, RUF005 -- a fixed list of names; old syntax
    sys.exit(
        "Python 3.11 or newer is needed, %s is %s. "  # noqa: UP031 -- old syntax
        "Get it from python.org or your system's packages (Debian 12: apt-get install python3 python3-venv), "
        "or name one: make setup PYTHON=/path/to/python3.11" % (sys.executable, sys.version.split()[0])
    )


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while this is read ends it without a traceback
    if sys.version_info < OLDEST:
        hand_over()
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
    from tools.steps import run

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    run(sys.argv[1:])
