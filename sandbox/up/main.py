"""`muster up`: start the whole product, keep it running, stop it in order."""

import signal
import threading
from collections import deque

from sandbox.up.options import Options
from sandbox.up.pages.terminal import Terminal
from sandbox.up.servers.data_folder import DataFolder, DataFolderError
from sandbox.up.servers.temporal_binary import TemporalMissing
from sandbox.up.stack import Stack
from sandbox.up.supervision.process import StartFailed

_LOG_LINES = 15


def up(options: Options) -> int:
    """Run until Ctrl-C, SIGTERM or SIGHUP; the exit code."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.default_int_handler)
    terminal = Terminal()
    folder = DataFolder(options.data)
    try:
        with folder.locked():
            folder.forget_logs()
            _run(options, folder, terminal)
    except (DataFolderError, TemporalMissing, StartFailed) as failure:
        terminal.print_failure(str(failure))
        if isinstance(failure, StartFailed) and failure.log is not None:
            terminal.print_log(deque(failure.log.read_text(errors="replace").splitlines(), maxlen=_LOG_LINES))
        return 1
    return 0


def _run(options: Options, folder: DataFolder, terminal: Terminal) -> None:
    stack = Stack(options, folder, terminal)
    try:
        stack.start()
        threading.Event().wait()
    except KeyboardInterrupt:
        terminal.say("stopping; Ctrl-C once more to stop at once")
    finally:
        _stop(stack, terminal)


def _stop(stack: Stack, terminal: Terminal) -> None:
    try:
        stack.stop()
    except KeyboardInterrupt:
        stack.kill()
    terminal.say("everything is stopped")
