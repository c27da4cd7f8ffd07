"""The command line: deal, rate, score, keep."""

import argparse
import sys
from pathlib import Path

from bench import reading
from bench.reading.panel import deal, keep, panels, rate, read_captions
from bench.reading.scores import tables


def main() -> int:
    """Run one command; 0 on success, 1 when something could not be done."""
    parser = argparse.ArgumentParser(prog="python -m bench.reading", description=reading.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    dealing = commands.add_parser("deal", help="make a folder of pages for each reader")
    dealing.add_argument("pages", type=Path, help="PHOTO--METHOD.png, as `models evaluate --pages` writes them")
    dealing.add_argument("out", type=Path, help="a new folder for the panel")
    dealing.add_argument("--captions", type=Path, required=True, help="what the photos show: photo,caption")
    dealing.add_argument("--readers", type=int, required=True, help="best as many as methods, or a multiple")
    rating = commands.add_parser("rate", help="collect the readers' answers for the rater")
    rating.add_argument("out", type=Path)
    scoring = commands.add_parser("score", help="print a panel's tables, or those of all that are kept")
    scoring.add_argument("folder", type=Path)
    scoring.add_argument("--method", help="the one that others are compared with (default: the best)")
    keeping = commands.add_parser("keep", help="keep a finished panel as data")
    keeping.add_argument("out", type=Path)
    keeping.add_argument("folder", type=Path, help="for its tables, as docs/reading/NAME")
    keeping.add_argument(
        "--manifest", type=Path, help="where photos come from: file,source,original,licence,sha256"
    )
    arguments = parser.parse_args()
    try:
        match arguments.command:
            case "deal":
                captions = read_captions(arguments.captions)
                methods = deal(arguments.pages, arguments.readers, captions, arguments.out)
                print(f"{arguments.readers} readers, {len(methods)} ways: {', '.join(methods)}")
                if arguments.readers % len(methods):
                    print(f"With {len(methods)} readers, or a multiple, every photo would be read in every way.")
            case "rate":
                print(f"{rate(arguments.out)} answers to rate; {arguments.out / 'RATING.md'} says how")
            case "score":
                found = panels(arguments.folder)
                methods = sorted({answer.method for answers in found.values() for answer in answers})
                if arguments.method and arguments.method not in methods:
                    raise ValueError(f"nobody read {arguments.method}; there are {', '.join(methods)}")
                for name, answers in found.items():
                    print(tables(name, answers, arguments.method))
            case "keep":
                keep(arguments.out, arguments.folder, arguments.manifest)
    except (OSError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
