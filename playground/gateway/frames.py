"""Payloads of events, and frames of a websocket, as bytes.

What is the same for all sessions is made once; only the number of an event is each session's own.
"""

import functools
import json
import struct

TEXT, BINARY, LAST = 0x1, 0x2, 0x80


def event_payload(seq: int, name: str, data: bytes) -> bytes:
    """DISPATCH (op 0) of an event whose data is JSON already."""
    return b'{"op": 0, "t": %s, "s": %d, "d": %s}' % (_name(name), seq, data)


@functools.lru_cache(maxsize=256)
def _name(name: str) -> bytes:
    return json.dumps(name).encode()


def as_frame(payload: bytes, *, is_text: bool) -> tuple[bytes, bytes]:
    """Header and payload of one unfragmented, unmasked frame: https://www.rfc-editor.org/rfc/rfc6455#section-5.2"""
    first, length = LAST | (TEXT if is_text else BINARY), len(payload)
    if length < 126:
        return bytes((first, length)), payload
    if length < 1 << 16:
        return struct.pack("!BBH", first, 126, length), payload
    return struct.pack("!BBQ", first, 127, length), payload
