"""The zip: the manifest and two icons at its root, the same bytes for the same manifest."""

import io
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from muster.app_package.manifest import COLOR_ICON, OUTLINE_ICON

_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can tell: no file has the time of its making."""
_UNIX, _READABLE = 3, 0o100644


def package(manifest: Mapping[str, Any]) -> bytes:
    """The package of a valid manifest.

    Nothing is compressed: that would save little, and versions of zlib write different bytes.
    """
    folder = files("muster.app_package")
    content = {name: folder.joinpath(name).read_bytes() for name in (COLOR_ICON, OUTLINE_ICON)}
    content["manifest.json"] = (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()
    written = io.BytesIO()
    with ZipFile(written, "w", ZIP_STORED) as archive:
        for name in sorted(content):
            entry = ZipInfo(name, _FIRST_MOMENT)
            entry.create_system, entry.external_attr = _UNIX, _READABLE << 16
            archive.writestr(entry, content[name])
    return written.getvalue()
