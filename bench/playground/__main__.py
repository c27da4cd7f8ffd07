"""How fast the local Discord is: `python -m bench.playground`.

A person writes through the controls; raw gateway clients in another process note when each message came, without
compression and with zlib-stream. Told are messages a second to the slowest of ten clients, how late they came, what
each cost the playground's processor, and how long the playground takes to start. Aims: 1,000 messages a second, and
a start in under a second. With `--before CHECKOUT` that one takes turns with this one, and ratios are told: the
processor's seconds mean something on a busy machine, where the clock does not.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from bench.playground.writer import write
from bench.summary import machine

HERE = Path(__file__).parents[2]
BOT_ID = "120000000000000001"
TOKEN = "MTIwMDAwMDAwMDAwMDAwMDAx.playground.token"


@dataclass(frozen=True)
class Result:
    """Of one round: messages a second to the slowest client, those that came to all, ms, and µs of processor."""

    per_second: float
    lost: int
    p50: float
    p95: float
    p99: float
    cpu_us: float


def start(checkout: Path) -> tuple[subprocess.Popen[str], str]:
    """A checkout's playground on any free port, and its address."""
    command = [sys.executable, "-m", "playground", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    process = subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().removeprefix("playground: ").strip()


def end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def starting(checkout: Path) -> tuple[float, float]:
    """Seconds from the start of the process to its first answer, and of processor until then."""
    began = time.perf_counter()
    process, url = start(checkout)
    with urllib.request.urlopen(url + "/api/v10/gateway") as answer:
        answer.read()
    took, used = time.perf_counter() - began, cpu_s(process.pid)
    end(process)
    return took, used


def measured(checkout: Path, compress: str, clients: int, messages: int, per_second: float | None) -> Result:
    """One round with a playground of its own."""
    process, url = start(checkout)
    gateway = url.replace("http", "ws", 1) + "/gateway"
    command = [sys.executable, "-m", "bench.playground.bots", gateway, TOKEN, str(clients), str(messages), compress]
    with subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, text=True) as bots:
        assert bots.stdout is not None
        if bots.stdout.readline() != "ready\n":
            raise RuntimeError("the clients did not connect")
        used = cpu_s(process.pid)
        began = asyncio.run(write(url, BOT_ID, messages, per_second))
        seen = json.loads(bots.stdout.readline())
        used = cpu_s(process.pid) - used
    end(process)
    every = [ms for client in seen for ms in client["ms"]]
    cuts = quantiles(every, n=100)
    fewest = min(client["had"] for client in seen)
    rate = fewest / (max(client["last"] for client in seen) - began)
    return Result(rate, messages - fewest, cuts[49], cuts[94], cuts[98], used / messages * 1e6)


def line(what: str, which: str, results: list[Result]) -> str:
    """A row of the table: the median round."""
    middle = [
        median(getattr(one, name) for one in results) for name in ("per_second", "p50", "p95", "p99", "cpu_us")
    ]
    rate, p50, p95, p99, cpu = middle
    lost = sum(one.lost for one in results)
    return f"| {what} | {which} | {rate:,.0f} | {lost} | {p50:.1f} | {p95:.1f} | {p99:.1f} | {cpu:,.0f} |"


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=5000, help="in a round")
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="another commit, to take turns with")
    arguments = parser.parse_args()
    checkouts = {"now": HERE}
    if arguments.before is not None:
        checkouts = {"before": arguments.before.resolve(), **checkouts}
    print(f"{machine()}; {arguments.clients} clients, {arguments.rounds} rounds of {arguments.messages} messages\n")
    print("| messages | commit | a second | lost | p50, ms | p95, ms | p99, ms | processor, µs a message |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    ratios = []
    for compress in ("none", "zlib-stream"):
        for rate in (1000.0, None):
            found: dict[str, list[Result]] = {which: [] for which in checkouts}
            for _ in range(arguments.rounds):
                for which, checkout in checkouts.items():
                    found[which].append(measured(checkout, compress, arguments.clients, arguments.messages, rate))
            how = "no compression" if compress == "none" else compress
            what = f"{how}, {'at most' if rate is None else '1,000/s'}"
            for which, results in found.items():
                print(line(what, which, results), flush=True)
            if len(found) == 2 and rate is None:
                pairs = list(zip(found["before"], found["now"], strict=True))
                faster = median(new.per_second / old.per_second for old, new in pairs)
                cheaper = median(old.cpu_us / new.cpu_us for old, new in pairs)
                ratios.append(f"{what}: {faster:.2f} times as many a second, {cheaper:.2f} times less processor")
    print("\n" + "\n".join(ratios) + "\n" * bool(ratios))
    print("| start | s to the first answer | s of processor |\n| --- | --- | --- |")
    for which, checkout in checkouts.items():
        starts = [starting(checkout) for _ in range(5)]
        print(f"| {which} | {median(s for s, _ in starts):.2f} | {median(cpu for _, cpu in starts):.2f} |")


if __name__ == "__main__":
    main()
