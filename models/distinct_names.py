"""Names for files that are made of others, no two the same."""

import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath


def distinct_names(files: Sequence[PurePath]) -> list[str]:
    """The name of each file without its suffix; where two would be the same, with it, and then with a number."""
    wanted = Counter(str(file.with_suffix("")) for file in files)
    names: dict[str, None] = {}
    for file in files:
        name = str(file.with_suffix(""))
        name = str(file) if wanted[name] > 1 else name
        free = (name if number == 1 else f"{name}-{number}" for number in itertools.count(1))
        names[next(one for one in free if one not in names)] = None
    return list(names)
