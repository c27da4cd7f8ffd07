"""Is this worker well, and does it take jobs? Answered from its first second, for probes and for Prometheus."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError

from jobs.observability.metrics import PREFIX
from jobs.observability.probes import serve_in_thread
from jobs.rq_adapter.queue import timeout_s
from jobs.schema import MOST_PICTURES
from worker.queue.work_loop import WorkLoop
from worker.render.decoder import Decoder
from worker.render.engine import Engine

STUCK_S: Final = timeout_s(MOST_PICTURES) + 60.0
"""The working loop comes round every second or after a job, and a job that hangs ends the process before this."""


class WorkerProbes:
    """What is known of a worker while it starts, works and ends."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._worker: WorkLoop | None = None

    def start(self, host: str, port: int | None, child: int | None) -> Callable[[], None]:
        """Answer until the returned is called; nothing is answered without a port. Raises OSError if it is taken.

        A supervisor's children have a port each: the first `port` itself, the second the one after it.
        """
        if port is None:
            return lambda: None
        return serve_in_thread(self.why_unhealthy, self.why_not_ready, host, port + (child or 1) - 1)

    def started(self, worker: WorkLoop, engine: Engine, decoder: Decoder) -> None:
        """From now on there is a worker to tell of."""
        self._worker = worker
        REGISTRY.register(WorkerCollector(engine, worker, decoder))

    def why_unhealthy(self) -> list[str]:
        """Reasons to start the process again."""
        if self._worker is None:
            return []
        stuck_s = time.monotonic() - self._worker.came_round_at
        return [f"the working loop has not come round for {stuck_s:.0f} s"] if stuck_s > STUCK_S else []

    def why_not_ready(self) -> list[str]:
        """Reasons why no job is taken now."""
        if self._worker is None:
            return ["starting"]
        reasons = ["stopping"] if self._worker.stopping else []
        if self._worker.breaker.is_open:
            reasons.append(f"degraded: {self._worker.breaker.last_error}")
        if self._worker.suspended:
            reasons.append("suspended until `rq resume`")
        try:
            self._redis.ping()
        except RedisError as error:
            reasons.append(f"redis: {type(error).__name__}")
        return reasons


class WorkerCollector(Collector):
    """What a worker is at the moment: its models, its state, its device's memory."""

    def __init__(self, engine: Engine, worker: WorkLoop, decoder: Decoder) -> None:
        self._engine = engine
        self._worker = worker
        self._decoder = decoder

    def collect(self) -> Iterator[Metric]:
        models = GaugeMetricFamily(
            f"{PREFIX}model_info", "1 for each warm model.", labels=["model", "version", "device", "default"]
        )
        for loaded in self._engine.loaded():
            default = str(loaded.name == self._engine.default).lower()
            models.add_metric([loaded.name, loaded.renderer.version, self._engine.device, default], 1)
        memory = GaugeMetricFamily(
            f"{PREFIX}gpu_memory_bytes", "The GPU's memory; none without one.", labels=["kind"]
        )
        if self._engine.device == "cuda":
            from models.inference import card_memory  # noqa: PLC0415 a worker on a processor needs no PyTorch

            for kind, size in card_memory.memory().items():
                memory.add_metric([kind], size)
        degraded = GaugeMetricFamily(
            f"{PREFIX}worker_degraded", "1 while the worker takes no jobs after failing some."
        )
        degraded.add_metric([], float(self._worker.breaker.is_open))
        replaced = CounterMetricFamily(
            f"{PREFIX}decoders_replaced", "Decoding processes that a picture killed, or that had to be ended."
        )
        replaced.add_metric([], self._decoder.replaced)
        yield from (models, memory, degraded, replaced)
