"""A page as plain text."""

from models.page import Page


def text(page: Page) -> str:
    """The characters, a line per row, each ended by a newline; spaces at line ends are dropped."""
    return page.grid.text()
