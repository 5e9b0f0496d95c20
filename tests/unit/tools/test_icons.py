"""The icons that are committed are those that the code draws, and what Teams asks of them."""

import struct
import zlib
from collections.abc import Callable

import pytest

from tools.icons import FOLDER, Pixel, color_pixel, outline_pixel, png

ICONS = {"color.png": (192, color_pixel), "outline.png": (32, outline_pixel)}


def pixels(content: bytes) -> tuple[int, int, list[Pixel]]:
    """Width, height and pixels of a PNG of 8-bit RGBA whose rows are not filtered."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, place = {}, 8
    while place < len(content):
        (length,) = struct.unpack_from(">I", content, place)
        kind, data = content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        assert struct.unpack_from(">I", content, place + 8 + length) == (zlib.crc32(kind + data),)
        chunks[kind], place = data, place + 12 + length
    width, height, *form = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert form == [8, 6, 0, 0, 0]
    rows, row = zlib.decompress(chunks[b"IDAT"]), 1 + 4 * width
    assert len(rows) == row * height
    assert set(rows[::row]) == {0}
    data = b"".join(rows[begin + 1 : begin + row] for begin in range(0, len(rows), row))
    return width, height, list(struct.iter_unpack("BBBB", data))


@pytest.mark.parametrize("name", ICONS)
def test_the_committed_icon_is_the_drawn_one(name: str) -> None:
    size, pixel = ICONS[name]
    width, height, found = pixels((FOLDER / name).read_bytes())
    assert (width, height) == (size, size)
    assert found == [pixel(x, y) for y in range(size) for x in range(size)]
    assert found == pixels(png(size, pixel))[2]


def drawn(name: str) -> list[Pixel]:
    return pixels((FOLDER / name).read_bytes())[2]


def test_the_outline_icon_is_pure_white_on_nothing() -> None:
    assert {pixel[:3] for pixel in drawn("outline.png")} == {(255, 255, 255)}
    alphas = [pixel[3] for pixel in drawn("outline.png")]
    assert alphas[0] == alphas[-1] == 0
    assert 255 in alphas


def test_the_colour_icon_is_filled_to_its_edges() -> None:
    assert {pixel[3] for pixel in drawn("color.png")} == {255}
    assert len(set(drawn("color.png"))) > 2


@pytest.mark.parametrize("pixel", [color_pixel, outline_pixel])
def test_pixels_are_bytes(pixel: Callable[[int, int], Pixel]) -> None:
    assert all(0 <= part <= 255 for x in range(32) for part in pixel(x, x))
