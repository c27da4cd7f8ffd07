"""`python -m tests.clients [NAME …]`: the table of capabilities and clients, as Markdown."""

import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from tests.clients.capabilities import CAPABILITIES, tried
from tests.clients.environments import CLIENTS, KEPT_IN, Client, why_not
from tests.clients.scene import scene


def table(found: Mapping[str, Mapping[str, str | None]]) -> str:
    """Rows of capabilities, columns of clients; `found` has what was wrong, or None."""
    lines = [f"| | {' | '.join(found)} |", f"| --- |{' --- |' * len(found)}"]
    for capability in CAPABILITIES:
        cells = ["yes" if results[capability] is None else "no" for results in found.values()]
        lines.append(f"| {capability} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _results(client: Client) -> dict[str, str | None] | None:
    if (reason := why_not(client.requirements)) is not None:
        print(f"{client.name}: skipped, {reason}", file=sys.stderr)
        return None
    began = time.monotonic()
    with scene(client, KEPT_IN / f"{client.name}.log") as stage:
        found = tried(stage)
    for name, problem in found.items():
        if problem is not None:
            print(f"{client.name}: {name}: {problem}; its log: {stage.log}", file=sys.stderr)
    print(f"{client.name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    return found


def main() -> None:
    wanted = [client for client in CLIENTS if client.name in sys.argv[1:] or not sys.argv[1:]]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(_results, wanted))
    print(table({client.name: found for client, found in zip(wanted, results, strict=True) if found}))


if __name__ == "__main__":
    main()
