"""How much memory and time videos take to decode: `python -m bench.video`.

Each is encoded here, then decoded in a process of its own (on Linux). Processor time is that of all its threads,
with every frame brought to its page; of 20 s at 30 frames a second, one in four is. Needs the extra `video`.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

CHILD = """
import sys, time
from pathlib import Path
from models import limits
from models.rendering.video import decode_video
data = sys.stdin.buffer.read()
start, began = time.process_time(), time.perf_counter()
frames = decode_video(data, limits.ANIMATION_COLUMNS)
took, waited = time.process_time() - start, time.perf_counter() - began
status = Path("/proc/self/status").read_text()
peaks = [int(status.split(name)[1].split()[0]) // 1024 for name in ("VmHWM:", "VmPeak:")]
print(len(frames.pixels), *(round(1000 * time / len(frames.pixels), 1) for time in (took, waited)), *peaks)
"""
SIZES: Final = (
    ("720p", 1280, 720, 30, 4_000_000),
    ("1080p", 1920, 1080, 30, 10_000_000),
    ("4K", 3840, 2160, 12, 40_000_000),
    ("8K", 7680, 4320, 4, 100_000_000),
)
CODECS: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    ("H.264", "libx264", {"preset": "veryfast"}),
    ("HEVC", "libx265", {"preset": "ultrafast", "x265-params": "log-level=none"}),
    ("VP9", "libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
    ("AV1", "libsvtav1", {"preset": "12"}),
)


def pictures(width: int, height: int, count: int) -> Iterator[NDArray[np.uint8]]:
    """Shades that move, with a camera's noise: neither empty nor mere noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width].astype(np.float32) / height
    noise = rng.normal(0, 5, (height, width, 1)).astype(np.float32)
    for index in range(count):
        shades = np.stack([128 + 100 * np.sin(9 * x * (1 + c) + 5 * y + 0.1 * index) for c in range(3)], -1)
        yield np.clip(shades + np.roll(noise, 37 * index, 1), 0, 255).astype(np.uint8)


def encoded(codec: str, size: tuple[int, int], count: int, rate: int, options: dict[str, str]) -> bytes:
    """The file's bytes, 30 frames a second at about `rate` bits a second."""
    width, height = size
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mkv"
        with av.open(str(path), "w") as file:
            stream: Any = file.add_stream(codec, rate=30, options={**options, "b": str(rate)})
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for picture in pictures(width, height, count):
                file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
            file.mux(stream.encode(None))
        return path.read_bytes()


def main() -> None:
    """Print the table."""
    print("| video | Mbit/s | processor time a frame, ms | time a frame, ms | peak, MB | peak of addresses, MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size, width, height, count, rate in SIZES:
        for name, codec, options in CODECS:
            # In its own thread: SVT-AV1 makes it a real-time one where root encodes, which the child would inherit.
            with ThreadPoolExecutor(1) as thread:
                data = thread.submit(encoded, codec, (width, height), count, rate, options).result()
            done = subprocess.run([sys.executable, "-c", CHILD], input=data, capture_output=True, check=False)
            if done.returncode:
                print(f"| {name} {size} | {done.stderr.decode().splitlines()[-1]} |")
                continue
            frames, processor, waited, resident, addresses = (float(fact) for fact in done.stdout.split())
            mbits = len(data) * 8 * 30 / frames / 1e6
            facts = (f"{mbits:.0f}", processor, waited, f"{resident:.0f}", f"{addresses:.0f}")
            print(f"| {name} {size} | {' | '.join(map(str, facts))} |", flush=True)


if __name__ == "__main__":
    main()
