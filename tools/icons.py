"""Draw the app's two icons: ``python -m tools.icons`` writes them to muster/app_package.

Teams wants a colour icon of 192×192 that is filled to its edges, and an outline icon of 32×32 that is pure
white with transparency. Both show the same M, four strokes with round ends.
"""

import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from muster.app_package.manifest import ACCENT_COLOR, COLOR_ICON, OUTLINE_ICON

Pixel = tuple[int, int, int, int]
"""Red, green, blue, alpha; each 0 to 255."""

FOLDER = Path(__file__).parents[1] / "muster" / "app_package"
COLOR_SIZE, OUTLINE_SIZE = 192, 32

_STROKES = (
    ((0.28, 0.72), (0.28, 0.28)),
    ((0.28, 0.28), (0.50, 0.58)),
    ((0.50, 0.58), (0.72, 0.28)),
    ((0.72, 0.28), (0.72, 0.72)),
)
"""From point to point, in parts of the icon's side, from its upper left."""
_HALF_WIDTH = 0.05


def color_pixel(x: int, y: int) -> Pixel:
    """White strokes on the accent colour, without transparency."""
    share = _coverage(x, y, COLOR_SIZE)
    red, green, blue = (round(part + (255 - part) * share) for part in bytes.fromhex(ACCENT_COLOR[1:]))
    return red, green, blue, 255


def outline_pixel(x: int, y: int) -> Pixel:
    """White strokes on nothing."""
    return 255, 255, 255, round(255 * _coverage(x, y, OUTLINE_SIZE))


def _coverage(x: int, y: int, size: int) -> float:
    """How much of a pixel the strokes cover, 0 to 1: their edge is one pixel soft."""
    point = ((x + 0.5) / size, (y + 0.5) / size)
    nearest = min(_distance(point, *stroke) for stroke in _STROKES)
    return min(1.0, max(0.0, (_HALF_WIDTH - nearest) * size + 0.5))


def _distance(point: tuple[float, float], begin: tuple[float, float], end: tuple[float, float]) -> float:
    """From a point to the nearest point of a stroke."""
    along = (end[0] - begin[0], end[1] - begin[1])
    length = along[0] ** 2 + along[1] ** 2
    share = ((point[0] - begin[0]) * along[0] + (point[1] - begin[1]) * along[1]) / length
    share = min(1.0, max(0.0, share))
    return math.dist(point, (begin[0] + share * along[0], begin[1] + share * along[1]))


def png(size: int, pixel: Callable[[int, int], Pixel]) -> bytes:
    """A square PNG of 8-bit RGBA, its rows unfiltered (W3C, *Portable Network Graphics*)."""
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(size)) for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def main() -> None:
    """Write both."""
    (FOLDER / COLOR_ICON).write_bytes(png(COLOR_SIZE, color_pixel))
    (FOLDER / OUTLINE_ICON).write_bytes(png(OUTLINE_SIZE, outline_pixel))


if __name__ == "__main__":
    main()
