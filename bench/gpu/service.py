"""Pictures a second of whole workers that share a card: from the queue to the PATCH, on an embedded Valkey."""

import time

from bench.fleet import Fleet, cpu_s, rate

WORKERS = (1, 2, 4, 8)
WARM = 3


def worker(device: str, small: bool, until: float) -> None:
    """One to eight processes on one card, as `--count N` starts them."""
    print(
        "| workers | pictures a second | each | processor seconds a picture | generator, ms | decode to post, ms |"
    )
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    columns, jobs = (40, 9) if small else (100, 60)
    with Fleet(columns=columns, settings={"DEVICE": device}) as fleet:
        for count in WORKERS[:1] if small else WORKERS:
            if time.monotonic() > until:
                print(f"| {count} | no time left |")
                return
            while len(fleet.workers) < count:
                fleet.start_worker()
            fleet.results(fleet.enqueue(WARM * count))
            before = sum(cpu_s(process.pid) for process in fleet.workers)
            results = fleet.results(fleet.enqueue(jobs * min(count, 4) + WARM))
            used = (sum(cpu_s(process.pid) for process in fleet.workers) - before) / len(results)
            pace = rate(results, WARM)
            generator = sorted(result.stages_ms["generator"] for result in results)[len(results) // 2]
            stages = sorted(sum(result.stages_ms.values()) for result in results)[len(results) // 2]
            told = f"{pace:.1f} | {pace / count:.1f} | {used:.3f} | {generator:.1f} | {stages:.1f}"
            print(f"| {count} | {told} |", flush=True)
