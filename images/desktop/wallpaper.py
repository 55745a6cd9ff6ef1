"""Paints the desktop's background: a calm gradient with two soft hills. Argument: where to write the PNG."""

import math
import struct
import sys
import zlib

WIDTH, HEIGHT = 1920, 1200
TOP, BOTTOM = (0x1D, 0x3B, 0x53), (0x3F, 0x7C, 0x85)
HILLS = (((0x2A, 0x5C, 0x6B), 0.66, 0.07, 1.3, 0.4), ((0x1B, 0x43, 0x50), 0.80, 0.05, 2.1, 2.0))


def mix(a, b, share):
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b))


def edges(hill):
    _, base, swing, waves, phase = hill
    return [HEIGHT * (base + swing * math.sin(phase + waves * math.tau * x / WIDTH)) for x in range(WIDTH)]


def rows():
    shapes = [(hill[0], edges(hill)) for hill in HILLS]
    for y in range(HEIGHT):
        sky = mix(TOP, BOTTOM, y / HEIGHT)
        line = bytearray(bytes(sky) * WIDTH)
        for colour, edge in shapes:
            ink = bytes(colour)
            for x in range(WIDTH):
                over = y - edge[x]
                if over >= 1:
                    line[3 * x : 3 * x + 3] = ink
                elif over > 0:
                    under = tuple(line[3 * x : 3 * x + 3])
                    line[3 * x : 3 * x + 3] = bytes(mix(under, colour, over))
        yield b"\0" + bytes(line)


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


with open(sys.argv[1], "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n")
    file.write(chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)))
    file.write(chunk(b"IDAT", zlib.compress(b"".join(rows()), 9)))
    file.write(chunk(b"IEND", b""))
