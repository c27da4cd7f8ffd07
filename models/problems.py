"""What can be wrong with a picture or an option, in sentences for the person who sent it.

A problem has two faces: `str(problem)` is the sentence for the user (what is wrong, what to do), `detail`
is for the operator's log. No sentence ever holds text that came from outside, so none can ping or mislead.
"""

from typing import Final, Self

PICTURE_SENTENCES: Final[dict[str, str]] = {
    "empty": "That file is empty. Please send the picture again.",
    "not_a_picture": "I cannot read that file as a picture. Please send a PNG, JPEG, GIF, WebP, AVIF, TIFF or BMP.",
    "no_heic": "I cannot read HEIC photos here. Please save it as a JPEG and send that.",
    "broken": "That picture is damaged or cut short, so I cannot read it. Please save it again and resend it.",
    "too_many_bytes": "That file is larger than {limit_mb} MB. Please send a smaller one.",
    "too_many_pixels": "That picture measures {width}×{height}, which is more than I can take "
    "({limit_mp} megapixels). Please send a smaller one.",
    "too_small": "That picture is only {width}×{height} pixels. Please send one of at least {least}×{least}.",
    "too_thin": "That picture measures {width}×{height}: too long and thin to draw. Please crop it so that one "
    "side is at most {ratio} times the other.",
    "too_slow": "That picture takes too long to unpack. Please save it again as an ordinary PNG or JPEG.",
    "too_heavy": "That picture takes more memory to unpack than I have. Please send a smaller one, "
    "or save it again as an ordinary PNG or JPEG.",
    "bad_palette": "I do not know that palette. Choose {names}, give one colour like `#ff69b4`, "
    "or give two colours like `#0000ff-#ff69b4`.",
    "bad_columns": "I can draw {least} to {most} columns. Please choose a number in between.",
}


class PictureProblem(ValueError):
    """A picture or option that cannot be drawn, by a `code` of PICTURE_SENTENCES.

    `facts` fill the sentence; `detail` is for operators only.
    """

    def __init__(self, code: str, detail: str = "", **facts: object) -> None:
        super().__init__(PICTURE_SENTENCES[code].format(**facts))
        self.code = code
        self.detail = detail
        self.facts = facts


class Note(str):
    """A sentence for the user in English, which remembers its `text` with braces and the `facts` that fill them."""

    text: str
    facts: dict[str, int]

    def __new__(cls, text: str, **facts: int) -> Self:
        note = super().__new__(cls, text.format(**facts))
        note.text, note.facts = text, facts
        return note
