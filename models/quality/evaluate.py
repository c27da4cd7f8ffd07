"""The evaluation: every method gets the same pages of tone and gives characters (or, from free pixels, ink).

What is measured is the picture as it would be posted: painted, encoded as PNG, read back. docs/evaluation.md
explains the columns, and what none of them measures: whether people can name what they see. For that,
models.quality.reader_pages writes the pictures that a panel of readers needs.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from models.atlas import densest
from models.encoders.png import encode_png, paint
from models.page import Grid, page_of
from models.quality.measures import edge_similarity, edges, frame, legibility, read
from models.quality.methods import Method, Output, as_tensor
from models.rendering.tone import fit
from models.similarity import effective_glyphs, fidelity, similarity
from models.training.data import Ink

SIZES: Final = ((64, 32), (128, 64))
VIEWING_SIGMAS: Final = (4, 8, 16)

Numbers = dict[str, float | None]


@dataclass(frozen=True)
class Row:
    """One method at one size: the mean of each measure over all pages."""

    method: str
    columns: int
    rows: int
    numbers: Numbers


def evaluate(
    tones: list[Ink], methods: list[Method], progress: Callable[[], None] = lambda: None
) -> Iterator[tuple[Row, list[Ink]]]:
    """Each method at each size: its row, and the prints as (H, W) ink. Calls `progress` after each page.

    One thread, whatever is set: the times are those of one.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for columns, lines in SIZES:
            pages = [fit(tone, columns, lines) for tone in tones]
            strokes = [edges(as_tensor(page)) for page in pages]
            for method in methods:
                method.draw(pages[0])  # what is made once is not timed
                numbers, prints, pages_of_glyphs = [], [], []
                for page, stroke in zip(pages, strokes, strict=True):
                    output = method.draw(page)
                    print_ = posted(output.page)
                    numbers.append(measure(output, print_, page, stroke))
                    prints.append(print_)
                    if output.intended is not None:
                        pages_of_glyphs.append(torch.from_numpy(output.page.glyphs))
                    progress()
                means = _means(numbers) | {"megabytes": method.megabytes}
                means["frame"] = frame(pages_of_glyphs) if pages_of_glyphs else None
                yield Row(method.name, columns, lines, means), prints
    finally:
        torch.set_num_threads(threads)


def posted(page: Grid) -> Ink:
    """The ink of a page as one reads it from the PNG that is posted, (H, W) in [0, 1]."""
    with Image.open(io.BytesIO(encode_png(paint(page_of(page, "mono"))))) as image:
        ink: Ink = 1 - np.asarray(image.convert("L"), np.float32) / np.float32(255)
    return ink


def measure(output: Output, print_: Ink, tone: Ink, strokes: Tensor) -> Numbers:
    """All measures of one page; None where one has no meaning for this method."""
    page, wanted, ink = as_tensor(print_), as_tensor(tone), torch.from_numpy(output.page.atlas.ink)
    black = densest(ink)
    numbers: Numbers = {
        f"similarity_{sigma}": similarity(page / black, wanted, float(sigma)).item() for sigma in VIEWING_SIGMAS
    }
    numbers |= {
        "fidelity": fidelity(page, wanted, float(VIEWING_SIGMAS[0])).item(),
        "edge_similarity": edge_similarity(page, strokes),
        "legibility": legibility(page, ink) if print_.any() else None,
        "decode": None,
        "effective_glyphs": None,
        "ms": output.ms or None,
    }
    if output.intended is not None:
        numbers |= {
            "decode": float((read(page, ink).numpy() == output.intended).mean()),
            "effective_glyphs": effective_glyphs(torch.from_numpy(output.page.glyphs))[0],
        }
    return numbers


def _means(numbers: list[Numbers]) -> Numbers:
    found: Numbers = {}
    for name in numbers[0]:
        values = [value for each in numbers if (value := each[name]) is not None]
        found[name] = float(np.mean(values)) if values else None
    return found
