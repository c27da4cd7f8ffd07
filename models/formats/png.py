"""A page as a PNG."""

from models.page import Page
from models.paint import encode_png, paint


def png(page: Page) -> bytes:
    """The painted page, every pixel kept."""
    return encode_png(paint(page))
