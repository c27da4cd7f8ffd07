"""What a person reads, without the reference in small print, which is another each time."""

import re

_REFERENCE = re.compile(r"\n-# Reference [0-9a-f]{8}\Z")


def plain(content: str) -> str:
    """A message's content up to its reference."""
    return _REFERENCE.sub("", content)
