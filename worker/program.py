"""One worker process, from settings to the last job.

It ends with a code of glyphcord.exit_codes; where another try can help, something outside starts a new one.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from glyphcord.escaping import say_error
from glyphcord.exit_codes import NEVER_AGAIN, UNREACHABLE, UNUSABLE
from glyphcord.nearest import did_you_mean
from jobs import clock
from jobs.connection import connect
from jobs.lifecycle.job import Jobs
from jobs.lifecycle.messages import Messages
from jobs.observability import logs
from jobs.observability import tracing as trace
from jobs.pictures import PictureStore
from jobs.rate_limiter import RateLimiter
from jobs.redis_url import refusal
from jobs.registry.fleet import Fleet
from jobs.registry.reload import Reloads
from jobs.registry.weights import WeightsStore
from jobs.rq_adapter.job import Task, only
from jobs.rq_adapter.queue import RENDER_TASK, VERIFY_TASK
from jobs.setting_errors import UnusableSettings, read_settings
from jobs.setting_names import misspelt
from jobs.text.sentences import ServiceProblem
from jobs.undumpable import make_undumpable
from models.inference.choice import pick_device
from models.inference.memory import one_arena
from models.weights_file import WeightsError
from worker.delivery.automatic_reactions import AutomaticReactions
from worker.delivery.rest_client import Discord
from worker.observability.heartbeat import Heartbeat
from worker.observability.probes import WorkerProbes
from worker.periodic import Periodic
from worker.queue.circuit_breaker import CircuitBreaker
from worker.queue.operator_commands import CommandListener
from worker.queue.redis_outage import Outage, back_off_s
from worker.queue.work_loop import WorkLoop, unique_name
from worker.render import job, tasks
from worker.render.decoder import Decoder
from worker.render.engine import Engine
from worker.render.weights_source import WeightsSource
from worker.settings import WorkerSettings
from worker.weights import verification
from worker.weights.reloading import Reloader

_log = logging.getLogger("worker")

T = TypeVar("T")

TASKS: Mapping[str, Task] = {RENDER_TASK: tasks.render, VERIFY_TASK: verification.check}
"""What each name on the wire calls; a job that names anything else is refused."""


def run(*, child: int | None = None, lifeline: int | None = None) -> int:
    """Work until a signal; the exit code.

    A supervisor numbers its children (`child` stands in their log lines) and gives each the end of a pipe
    that it holds open itself: when `lifeline` closes, the supervisor is gone and the child ends as if told to.
    """
    make_undumpable()
    one_arena()
    if lifeline is not None:
        threading.Thread(target=_end_with, args=(lifeline,), name="lifeline", daemon=True).start()
    try:
        settings = read_settings(WorkerSettings)
    except UnusableSettings as error:
        return _refuse(str(error))
    token = settings.discord_token.get_secret_value()
    logs.set_up("worker", token, settings.log_level, settings.log_format, child)
    for complaint in misspelt() if child is None else []:  # for its children a supervisor says so
        _log.warning("%s", complaint)
    redis = connect(settings.redis_url, patient=True)
    probes = WorkerProbes(redis)
    try:
        trace.set_up(settings.otel_exporter_otlp_endpoint, "worker")
        stop_probes = probes.start(settings.http_host, settings.worker_http_port, child)
    except trace.TraceUnavailable as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"WORKER_HTTP_PORT: {error}")
    try:
        device = pick_device(settings.device)
    except WeightsError as error:
        code = _refuse(str(error))
    else:
        code = _work(settings, redis, device, probes)
    if code in NEVER_AGAIN:
        stop_probes()  # who now waits to be stopped (`--hold`) must not look well
    return code


def _work(settings: WorkerSettings, redis: Redis, device: str, probes: WorkerProbes) -> int:
    # Until the worker's own handlers are in place a signal ends the process, and that must count as a clean end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    outage, decoder, jobs, fleet = Outage(), Decoder(), Jobs(redis), Fleet(redis)
    try:
        _patiently(lambda: clock.follow(redis), outage)
        # The model that draws.
        name, store = unique_name(), WeightsStore(redis, settings.weights_budget_mb * 2**20)
        weights_source = WeightsSource(store, settings.weights_dir, name)
        engine = Engine(weights_source, device, keep=settings.warm_models, threads=settings.torch_threads)
        _patiently(lambda: start(engine, weights_source, settings.model_weights), outage)
        renderer = engine.renderer
        # The queue.
        breaker = CircuitBreaker(lambda: job.works(engine.renderer, decoder))
        worker = _patiently(
            lambda: WorkLoop(
                redis,
                name=name,
                kind=only(TASKS, tasks.tell_failure),
                outage=outage,
                breaker=breaker,
                is_lost=engine.is_lost,
                cancel=lambda job_id: jobs.cancel(job_id, take_over=False),
            ),
            outage,
        )
    except WeightsError as error:
        return _refuse(str(error))
    except AuthenticationError:
        return _refuse(refusal(settings.redis_url), UNREACHABLE)
    # What every job uses. The rate limiter's client gives up soon: while Redis is away, nobody's turn is worth a
    # delivery's deadline.
    rate_limiter = RateLimiter(connect(settings.redis_url))
    discord = Discord(settings.discord_api_base, settings.discord_token.get_secret_value(), rate_limiter)
    automatic_reactions = AutomaticReactions(discord)
    pictures = PictureStore(redis, settings.picture_ttl_s, settings.picture_budget_mb * 2**20)
    tasks.equip(
        job.Tools(
            engine,
            decoder,
            breaker,
            discord,
            automatic_reactions,
            redis,
            jobs,
            Messages(redis),
            pictures,
            worker.name,
        )
    )
    # What runs beside the loop.
    reloader = Reloader(Reloads(redis, store, fleet), weights_source, engine, worker)
    heartbeat, listener = Heartbeat(fleet, engine, worker, reloader), CommandListener(redis, worker)
    heartbeat_thread = Periodic("heartbeat", heartbeat.beat, outage)
    reload_thread = Periodic("reloads", reloader.tick, outage)
    threads = heartbeat_thread, reload_thread, listener
    for thread in threads:
        thread.start()
    probes.started(worker, engine, decoder)
    _log.info(
        "worker ready name=%s device=%s model=%s version=%s precision=%s",
        worker.name,
        renderer.device,
        renderer.name,
        renderer.version,
        renderer.runtime.precision,
    )
    try:
        code = worker.serve()
    finally:
        for thread in threads:
            thread.stop()
        reload_thread.join()
        heartbeat_thread.join()
        if not outage.lasting:  # else the report ends by itself
            try:
                fleet.leave(worker.name)
            except RedisError as error:
                outage.down(error)
        automatic_reactions.close()
        discord.close()
        decoder.close()
    _log.info("worker stopped name=%s", worker.name)
    return code


def start(engine: Engine, weights_source: WeightsSource, name: str) -> None:
    """Load the default model of the registry in the version that it names; where it names none, the model `name`.

    Where a version is in use that cannot be had, drawing with this machine's file is better than not drawing: the
    thread of reloads goes on trying. Raises WeightsError.
    """
    engine.default = weights_source.store.default() or name
    if engine.default != name:
        _log.info("default model=%s; MODEL_WEIGHTS=%s is for a registry without one", engine.default, name)
    try:
        engine.put(engine.load(engine.default, weights_source.current(engine.default)))
        return
    except (WeightsError, ServiceProblem) as error:
        data = weights_source.file(name)
        if data is None:
            raise WeightsError(
                f"MODEL_WEIGHTS is {name!r}, but there is no {name}.safetensors here, and none in the registry."
                f"{did_you_mean(name, weights_source.names())}"
            ) from None
        _log.warning("not on the registry's version model=%s reason=%r", engine.default, str(error))
    engine.default = name
    engine.put(engine.load(name, data))


def _patiently(work: Callable[[], T], outage: Outage) -> T:
    """Do what needs Redis, again and again until Redis is there. Raises AuthenticationError."""
    failures = 0
    while True:
        try:
            done = work()
        except AuthenticationError:
            raise
        except RedisError as error:
            outage.down(error)
            failures += 1
            time.sleep(back_off_s(failures))
        else:
            outage.up()
            return done


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)  # nothing is ever written: this returns when the other end closes
    os.kill(os.getpid(), signal.SIGTERM)


def _refuse(reason: str, code: int = UNUSABLE) -> int:
    say_error(f"worker: {reason}")
    return code
