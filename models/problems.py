"""What is wrong with a picture or an option, and what came otherwise than asked for: codes and facts.

The sentences are in models.sentences; `str()` is the one in English.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from models.sentences import NOTES, PICTURE_SENTENCES

_OBJECT: Final = re.compile(r" ?<[\w.]+ object at 0x[0-9a-f]+>")
"""Where Pillow names what it read from: a buffer's place in memory, which says nothing."""


class Refused(ValueError):
    """A command cannot be carried out as asked; `str()` says why and what to do, for whoever typed it."""


class PictureProblem(ValueError):
    """A picture or option that cannot be drawn, by a `code` of PICTURE_SENTENCES.

    `facts` fill the sentence; `detail` is for operators only.
    """

    def __init__(self, code: str, detail: str = "", **facts: object) -> None:
        super().__init__(PICTURE_SENTENCES[code].format(**facts))
        self.code = code
        self.detail = _OBJECT.sub("", detail)
        self.facts = facts


@dataclass(frozen=True)
class Note:
    """Something to tell the user of a finished drawing, by a `code` of NOTES; `facts` fill the sentence."""

    code: str
    facts: Mapping[str, int]

    def __str__(self) -> str:
        return NOTES[self.code].format(**self.facts)
