"""Why `muster up` does not start: one sentence that names the place and what to do."""

import errno
from pathlib import Path

_WHAT = {
    errno.ENOSPC: "there is no space left for {place}: free some",
    errno.EDQUOT: "the quota leaves no space for {place}: free some",
    errno.EROFS: "{place} is on a file system that is read-only: make it writable",
    errno.EACCES: "this user may not use {place}: give it the right to",
    errno.EPERM: "this user may not change {place}: give it the right to",
    errno.EEXIST: "{place} is there already and is no folder: move it away",
    errno.ENOTDIR: "{place} is not below a folder: move away the file that is in its way",
    errno.EISDIR: "{place} is a folder where a file is needed: move it away",
    errno.ENAMETOOLONG: "the path {place} is too long for this system: use a shorter one",
    errno.ELOOP: "{place} is a symbolic link that leads nowhere: remove it",
    errno.ENOENT: "{place} is not there: make it, or the folder that it is in",
}


class StartRefused(Exception):
    """Something on this machine must be mended first; the text says where, and what to do."""


def sentence_of(error: OSError, folder: Path) -> str:
    """What the operating system refused, for a `muster up` whose data folder is ``folder``.

    An error that names no file came from writing to one that was open, which the data folder holds.
    """
    if error.errno is None:
        return str(error)
    name = error.filename if isinstance(error.filename, str | bytes | Path) else str(folder)
    place = Path(name.decode(errors="replace") if isinstance(name, bytes) else name).absolute()
    known = _WHAT.get(error.errno)
    sentence = known.format(place=place) if known else f"{place} cannot be used: {error.strerror or error}"
    if place == folder or folder in place.parents or place in folder.parents:
        return f"{sentence}, or choose another folder with --data"
    return sentence
