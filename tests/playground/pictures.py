"""Smallest pictures of each kind, made by Pillow."""

from __future__ import annotations

import io

from PIL import Image


def picture(kind: str, size: tuple[int, int], **how: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "pink").save(out, kind, **how)
    return out.getvalue()


PNG_3X2 = picture("PNG", (3, 2))
