"""A process that decodes, draws and encodes pictures and does nothing else: what workers are measured against."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench.fleet import photos


def loop(pictures: int, columns: int) -> None:
    """The plain loop: answers each line on stdin by drawing `pictures`, and prints wall and processor seconds."""
    from models.encoders.png import encode_png, paint  # noqa: PLC0415 only this process needs it
    from models.page import page_of  # noqa: PLC0415
    from models.palettes import DEFAULT_BACKGROUND, DEFAULT_PALETTE  # noqa: PLC0415
    from models.rendering.pipeline import inks_of  # noqa: PLC0415
    from models.rendering.renderer import Renderer  # noqa: PLC0415
    from models.rendering.still import MAX_SIDE, decode_on  # noqa: PLC0415
    from models.weights_file import find_weights  # noqa: PLC0415

    renderer, files = Renderer(find_weights("classic", None), threads=1), photos()

    def one(data: bytes) -> None:
        rgb, choice, _ = decode_on(data, MAX_SIDE, DEFAULT_BACKGROUND)
        (ink,), paper = inks_of(renderer, rgb[None], choice)
        encode_png(paint(page_of(renderer.grid(ink, columns), DEFAULT_PALETTE, paper, rgb)))

    for data in files:
        one(data)
    print("ready", flush=True)
    for _ in sys.stdin:
        wall, used = time.perf_counter(), time.process_time()
        for number in range(pictures):
            one(files[number % len(files)])
        print(time.perf_counter() - wall, time.process_time() - used, flush=True)


@contextmanager
def looping(module: str, pictures: int, columns: int) -> Iterator[Callable[[], tuple[float, float]]]:
    """A process in which `python -m module --loop` calls `loop`.

    Each call of what is yielded is one round, and gives its wall and processor seconds.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--loop", "--jobs", str(pictures), "--columns", str(columns)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    orders, answers = process.stdin, process.stdout
    assert orders is not None and answers is not None
    answers.readline()

    def one_round() -> tuple[float, float]:
        print("go", file=orders, flush=True)
        wall_s, used_s = map(float, answers.readline().split())
        return wall_s, used_s

    yield one_round
    orders.close()
    process.wait()
