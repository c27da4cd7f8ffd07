"""The pictures of the gallery: `python -m bench.gallery`.

Each as it comes by default, or with the options that stand beside it, and then as a WebP, which is smaller than the
PNG that people get. docs/gallery.md shows them all, and the README the first eight.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image

from models.__main__ import main as models

ROOT: Final = Path(__file__).parents[1]
OUT: Final = ROOT / "docs" / "gallery"
QUALITY: Final = 78
"""At which a glyph's edges are as in the PNG to the eye, and a picture takes about 100 kB."""

BY_DEFAULT: Final = {
    "panda": "docs/samples/panda.jpg",
    "lemurs": "playground/samples/lemur.jpg",
    "liberty": "docs/samples/liberty.jpg",
    "macaw": "docs/samples/macaw.jpg",
    "astronaut": "playground/samples/portrait.jpg",
    "bee": "docs/samples/bee.jpg",
    "opera": "docs/samples/opera.jpg",
    "bridge": "playground/samples/bridge.jpg",
}
WITH_OPTIONS: Final = {
    "panda-pink": ("docs/samples/panda.jpg", "--palette", "pink"),
    "koala-focus": ("docs/samples/koala.jpg", "--focus", "1"),
    "opera-lines": ("docs/samples/opera.jpg", "--weights", "lines"),
    "astronaut-amber": ("playground/samples/portrait.jpg", "--palette", "amber", "--background", "dark"),
}


def main() -> None:
    """Draw them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", type=Path, default=OUT, help="a folder (default: docs/gallery)")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "drawn.png"
        for name, (photo, *options) in {
            **{name: (photo,) for name, photo in BY_DEFAULT.items()},
            **WITH_OPTIONS,
        }.items():
            if models(["render", str(ROOT / photo), "-o", str(drawn), *options]):
                raise SystemExit(f"{photo} was not drawn")
            Image.open(drawn).convert("RGB").save(out / f"{name}.webp", quality=QUALITY, method=6)
            print(f"{out / name}.webp: {(out / name).with_suffix('.webp').stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
