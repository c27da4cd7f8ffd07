"""What people, the guild and its emojis look like: pictures by the hash that Discord's objects name.

https://docs.discord.com/developers/reference#image-formatting
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass, field

from playground.state.image_size import picture_type

ICON, BANNER, APPLICATION_ICON = "icon", "banner", "application"
DEFAULT_AVATARS = 6
_BLURPLE, _EDGE = (
    ((88, 101, 242), (116, 127, 141), (59, 165, 92), (250, 166, 26), (237, 66, 69), (235, 69, 158)),
    64,
)


@dataclass
class Looks:
    """Hashes by whose they are: a user's id, `server:` before a member's, or ICON and BANNER of the guild."""

    hashes: dict[str, str] = field(default_factory=dict)
    _pictures: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def put(self, whose: str, data: bytes) -> str:
        """Give somebody a picture, and return its hash; that of one which moves begins with `a_`."""
        moves = picture_type(data) == "image/gif"
        found = ("a_" if moves else "") + hashlib.md5(data, usedforsecurity=False).hexdigest()
        self.hashes[whose] = found
        self._pictures[whose, found] = data
        return found

    def set(self, whose: str, data: bytes | None) -> None:
        """Give or, with None, take away."""
        if data is None:
            self.take_away(whose)
        else:
            self.put(whose, data)

    def clear(self) -> None:
        self.hashes.clear()
        self._pictures.clear()

    def take_away(self, whose: str) -> None:
        self.hashes.pop(whose, None)

    def of(self, whose: str) -> str | None:
        return self.hashes.get(whose)

    def picture(self, whose: str, name: str) -> bytes | None:
        """The bytes behind `HASH.png` or, if it moves, `HASH.gif`; the CDN converts nothing here."""
        found, _, suffix = name.rpartition(".")
        data = self._pictures.get((whose, found))
        return data if data is not None and (suffix != "gif" or found.startswith("a_")) else None


LOOKS = Looks()
"""Of the one guild that a process has: its people are fixed, and so they are not part of a World."""


def default_avatar(index: int) -> bytes:
    """A PNG of 64×64 px: a head and shoulders on one of Discord's colours."""
    ground, middle = bytes(_BLURPLE[index % DEFAULT_AVATARS]), _EDGE / 2
    rows = []
    for y in range(_EDGE):
        head = [(x - middle) ** 2 + (y - 24) ** 2 < 11**2 for x in range(_EDGE)]
        body = [((x - middle) / 20) ** 2 + ((y - 62) / 24) ** 2 < 1 for x in range(_EDGE)]
        rows.append(b"\0" + b"".join(b"\xff" * 3 if a or b else ground for a, b in zip(head, body, strict=True)))
    header = struct.pack(">IIBBBBB", _EDGE, _EDGE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
