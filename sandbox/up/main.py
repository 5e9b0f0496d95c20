"""`muster up`: start the whole product, keep it running, stop it in order."""

import os
import signal
import threading

from sandbox.certificates import CertificatesError
from sandbox.up.options import Options
from sandbox.up.pages.log_tail import log_tail
from sandbox.up.pages.terminal import Terminal
from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.stack import Stack
from sandbox.up.start_refused import StartRefused, sentence_of
from sandbox.up.supervision.process import StartFailed

_LOG_LINES = 15
_OURS_ALONE = 0o077


def up(options: Options) -> int:
    """Run until Ctrl-C, SIGTERM or SIGHUP; the exit code. What stops the start is a sentence, and 1."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.default_int_handler)
    os.umask(_OURS_ALONE)  # of this process and every part: logs, snapshots and databases hold secrets
    terminal = Terminal()
    folder = DataFolder(options.data, within=options.folder_of_data)
    try:
        _check_ready_file(options)
        with folder.locked():
            folder.forget_logs()
            _run(options, folder, terminal)
    except StartFailed as failure:
        terminal.print_failure(str(failure))
        if failure.log is not None:
            terminal.print_log(log_tail(failure.log, _LOG_LINES))
        return 1
    except (StartRefused, CertificatesError) as refusal:
        terminal.print_failure(str(refusal))
        return 1
    except OSError as error:
        terminal.print_failure(sentence_of(error, folder.path))
        return 1
    return 0


def _check_ready_file(options: Options) -> None:
    """Refuse at once what could not be written after the whole start."""
    file = options.ready_file
    if file is None:
        return
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise StartRefused(f"--ready-file {file} is no file in a folder that is there: choose another one")


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
