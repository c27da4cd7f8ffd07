"""An animation's frames laid over each other, as browsers do: GIF and APNG, whose frames may be parts.

Pillow does so too, but differs: it mixes half-transparent APNG frames with the black below transparency, and takes
a GIF's frame beyond its canvas for a larger canvas.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from PIL import Image

Disposal = Literal["keep", "clear", "undo"]
"""What becomes of a frame before the next: it stays, its place is cleared to nothing, or what was there returns."""

_NOTHING = (0, 0, 0, 0)


@dataclass(frozen=True)
class Layer:
    """One frame as stored: `image` RGBA, its place on the canvas in px, which it may leave.

    `over` lays it over what is there; otherwise it replaces that, its transparency included.
    """

    image: Image.Image
    left: int
    top: int
    over: bool
    disposal: Disposal


def composed(size: tuple[int, int], layers: Iterable[Layer]) -> Iterator[Image.Image]:
    """What is shown for each layer: RGBA of that size, the caller's only until the next is asked for."""
    canvas = Image.new("RGBA", size, _NOTHING)
    for layer in layers:
        right = min(size[0], layer.left + layer.image.width)
        bottom = min(size[1], layer.top + layer.image.height)
        if right <= layer.left or bottom <= layer.top:
            yield canvas
            continue
        box = (layer.left, layer.top, right, bottom)
        image = layer.image.crop((0, 0, right - layer.left, bottom - layer.top))
        below = canvas.crop(box) if layer.disposal == "undo" else None
        if layer.over:
            canvas.alpha_composite(image, box[:2])
        else:
            canvas.paste(image, box)
        yield canvas
        if below is not None:
            canvas.paste(below, box)
        elif layer.disposal == "clear":
            canvas.paste(_NOTHING, box)
