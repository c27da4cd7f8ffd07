"""The network on a card: the same characters as on the processor, how fast, in how much memory, and compiled."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import torch
from torch import Tensor

from bench.fleet import photos
from bench.generator import milliseconds, page_tone
from models.rendering.renderer import Renderer
from models.rendering.still import decode
from models.rendering.tone import fit, tone_of
from models.weights_file import chosen_weights, load_weights

STYLES: Final = ("classic", "lines", "pixels")
PAGES: Final = ((64, 32), (100, 37), (160, 60))
BATCHES: Final = (1, 8, 32)
PRECISIONS: Final = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
ROUNDS: Final = 10
FOCUS: Final = 0.5


def cells(device: str, small: bool, until: float) -> None:
    """Share of cells with the processor's character, by style, width and precision, on the sample photos.

    A whole page is compared with what a worker on a processor draws, in bytes; the network alone with itself.
    """
    tones = [1 - tone_of(decode(data)) for data in photos()]
    print("| style | columns | whole page | network fp32 | … without TF32 | bf16 | fp16 |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for style in STYLES:
        here, there = (Renderer(chosen_weights(style), where) for where in ("cpu", device))
        network, other = (load_weights(chosen_weights(style)).generator for _ in range(2))
        other.to(device)
        for columns in (40,) if small else (64, 100):
            if time.monotonic() > until:
                print(f"| {style} | {columns} | no time left |")
                continue
            pairs = [(here.grid(tone, columns), there.grid(tone, columns)) for tone in tones]
            shares = [
                sum(int((a.glyphs == b.glyphs).sum()) for a, b in pairs) / sum(a.glyphs.size for a, _ in pairs)
            ]
            pages = [fit(tone, a.columns, a.rows) for tone, (a, _) in zip(tones, pairs, strict=True)]
            wanted = [torch.from_numpy(page)[None, None] for page in pages]
            with torch.inference_mode():
                expected = [network.set_type(page) for page in wanted]
                for precision, exact in (("fp32", False), ("fp32", True), ("bf16", False), ("fp16", False)):
                    with _precision(device, precision), _tf32(allowed=not exact):
                        found = [other.set_type(page.to(device)).float().cpu() for page in wanted]
                    shares.append(_same(expected, found))
            print(f"| {style} | {columns} | " + " | ".join(f"{share:.2%}" for share in shares) + " |", flush=True)


def speed(device: str, small: bool, until: float) -> None:
    """Milliseconds a page of the network, subject and focus included, by size, batch and precision."""
    network = load_weights(chosen_weights("classic")).generator.to(device)
    print("| cells | batch | fp32, ms a page | bf16 | fp16 | pages a second, best |")
    print("| --- | --- | --- | --- | --- | --- |")
    for columns, rows in PAGES[:1] if small else PAGES:
        for batch in BATCHES[:2] if small else BATCHES:
            if time.monotonic() > until:
                print(f"| {columns}×{rows} | {batch} | no time left |")
                continue
            tone, focus = _batch(columns, rows, batch, device)
            times: list[float] = []
            for precision in PRECISIONS:
                with _precision(device, precision):
                    works: dict[str, Callable[[], object]] = {precision: partial(network, tone, focus)}
                    times += milliseconds(works, 1 if small else ROUNDS, _settle(device)).values()
            each = [ms / batch for ms in times]
            told = " | ".join(f"{ms:.2f}" for ms in each)
            print(f"| {columns}×{rows} | {batch} | {told} | {1000 / min(each):,.0f} |", flush=True)
    renderer, page = Renderer(chosen_weights("classic"), device), page_tone(512, 512)
    whole = milliseconds({"page": partial(renderer.grid, page, 100)}, 1 if small else ROUNDS, _settle(device))
    print(f"\nAll of a page of 100 columns, from its tone to its characters, refined: {whole['page']:.1f} ms.")


def memory(device: str, small: bool, until: float) -> None:
    """The most that PyTorch held at once, by size, batch and precision."""
    if device != "cuda":
        print("| what | MB |\n| --- | --- |\n| a processor's memory is bench.memory's to measure | – |")
        return
    torch.cuda.reset_peak_memory_stats()
    network = load_weights(chosen_weights("classic")).generator.to(device)
    print("| cells | batch | fp32, MB | bf16 | fp16 |\n| --- | --- | --- | --- | --- |")
    print(f"| the network alone | – | {torch.cuda.memory_allocated() / 2**20:.0f} | – | – |")
    for columns, rows in PAGES:
        for batch in BATCHES:
            if time.monotonic() > until:
                return
            tone, focus = _batch(columns, rows, batch, device)
            peaks = []
            for precision in PRECISIONS:
                torch.cuda.reset_peak_memory_stats()
                with _precision(device, precision), torch.inference_mode():
                    network(tone, focus)
                peaks.append(torch.cuda.max_memory_allocated() / 2**20)
            print(
                f"| {columns}×{rows} | {batch} | " + " | ".join(f"{peak:,.0f}" for peak in peaks) + " |", flush=True
            )


def compiled(device: str, small: bool, until: float) -> None:
    """The network as it is and compiled, at one size: what the first call costs, and a page after that."""
    network = load_weights(chosen_weights("classic")).generator.to(device)
    print("| batch | precision | as it is, ms a page | compiled | times faster | first call, s |")
    print("| --- | --- | --- | --- | --- | --- |")
    columns, rows = PAGES[0] if small else PAGES[1]
    for batch, precision in ((1, "fp32"),) if small else ((1, "bf16"), (8, "bf16"), (1, "fp32")):
        if time.monotonic() > until:
            print(f"| {batch} | {precision} | no time left |")
            continue
        tone = _batch(columns, rows, batch, device)[0]
        made: Callable[[Tensor], Tensor] = torch.compile(network.set_type, dynamic=False)
        with _precision(device, precision):
            start = time.monotonic()
            with torch.inference_mode():
                made(tone)
                _settle(device)()
            first = time.monotonic() - start
            works: dict[str, Callable[[], object]] = {
                "eager": partial(network.set_type, tone),
                "compiled": partial(made, tone),
            }
            times = milliseconds(works, 1 if small else ROUNDS, _settle(device))
        eager, fast = (times[name] / batch for name in works)
        print(
            f"| {batch} | {precision} | {eager:.2f} | {fast:.2f} | {eager / fast:.2f} | {first:.0f} |", flush=True
        )


def _batch(columns: int, rows: int, batch: int, device: str) -> tuple[Tensor, Tensor]:
    """Tone of so many pages, and their focus."""
    tone = torch.from_numpy(page_tone(columns * 8, rows * 16))[None, None].repeat(batch, 1, 1, 1)
    return tone.to(device), torch.full((batch,), FOCUS, device=device)


def _same(expected: list[Tensor], found: list[Tensor]) -> float:
    """Share of cells whose likeliest output is the same; of free pixels, those on the same side of half ink."""
    glyphs = expected[0].shape[-1] != 8 * 16
    decide: Callable[[Tensor], Tensor] = (lambda x: x.argmax(-1)) if glyphs else (lambda x: x > 0)
    both = [decide(a) == decide(b) for a, b in zip(expected, found, strict=True)]
    return sum(int(same.sum()) for same in both) / sum(same.numel() for same in both)


def _settle(device: str) -> Callable[[], object]:
    """Waits until the device has done all that it was told."""
    return torch.cuda.synchronize if device == "cuda" else lambda: None


@contextmanager
def _precision(device: str, name: str) -> Iterator[None]:
    with torch.autocast(device, PRECISIONS[name], enabled=name != "fp32"):
        yield


@contextmanager
def _tf32(*, allowed: bool) -> Iterator[None]:
    """Whether a card may take single precision for less: PyTorch lets it, in convolutions."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = allowed
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
