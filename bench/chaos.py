"""The chaos run: thousands of pictures asked for while everything that can die does, and an audit at the end.

    python -m bench.chaos --jobs 2000 --seed 1

Real processes against an embedded Valkey and the playground. People use /ascii and click 🩷; meanwhile workers
are killed (also between a message's change and its acknowledgement), Valkey is killed and stopped, bots are
killed, Discord answers 429 and 500 or hangs up, gateways drop, tokens expire. Then everything is left to
settle, and the playground, which has seen every change of every message, is asked what people got. Prints one
table. Exit code 0 only if nothing was lost, doubled, left loading or overwritten.
"""

import argparse
import json
import os
import platform
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import torch
from PIL import Image, ImageDraw
from redis.exceptions import RedisError

from devstack import SAMPLE
from devstack.stack import Stack
from jobs.connection import connect
from jobs.text.sentences import is_interim
from models.atlas import default_atlas
from models.nn.generator import SIZES, Generator
from models.weights_file import save_weights
from playground.guild import ASCII_CHANNEL, BOT_ID, GENERAL_CHANNEL, MIA_ID, MOD_ID, SAM_ID
from playground.testing import Controls, Refused

SHAPES: Final = ((64, 64), (96, 64), (64, 96), (128, 64), (80, 64), (112, 64))
PALETTES: Final = ("blue", "mono", "green")
PEOPLE: Final = (MIA_ID, MOD_ID, SAM_ID)
CHANNELS: Final = (ASCII_CHANNEL, GENERAL_CHANNEL)
AT_ONCE: Final = 40
"""Answers waited for at one time."""
CLICKS_PER_PICTURE: Final = 0.15
TOKEN_LIFE_S: Final = 15 * 60
SETTLE_S: Final = 240.0
"""Longer than lease, maintenance, a killed worker's last write and a sweep together."""

Json = dict[str, Any]


@dataclass
class Asked:
    """One wish: a command, or the first click on a picture."""

    shape: int
    palette: str
    channel: str
    at: float
    message_id: str | None = None
    turned_away: bool = False
    answered_at: float | None = None


@dataclass
class Seen:
    """What the page of a person in the channel has shown of one message."""

    pictures: set[str] = field(default_factory=set)
    overwritten: bool = False


class Watcher:
    """Follows the playground's page events, and so sees every state of every message in order."""

    def __init__(self, controls: Controls) -> None:
        self._url = f"{controls.url}/playground/events"
        self.now: dict[str, Json] = {}
        self.seen: dict[str, Seen] = {}
        self.interactions: dict[str, Json] = {}
        self.listeners: list[Callable[[Json], None]] = []
        self.last_picture_at = 0.0
        self._connected = threading.Event()
        threading.Thread(target=self._follow, daemon=True).start()
        if not self._connected.wait(10):
            raise TimeoutError("the playground sends no events")

    def _follow(self) -> None:
        with urllib.request.urlopen(self._url, timeout=120) as stream:
            what = ""
            for raw in stream:
                self._connected.set()
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    what = line.removeprefix("event: ")
                elif line.startswith("data: ") and what in ("message", "interaction"):
                    self.take(what, json.loads(line.removeprefix("data: ")))

    def take(self, what: str, data: Json) -> None:
        """Note one event of the page."""
        if what == "interaction":
            self.interactions[data["id"]] = data
            return
        if data["author"]["id"] != BOT_ID:
            return
        seen = self.seen.setdefault(data["id"], Seen())
        if data["attachments"]:
            seen.pictures.add(picture_of(data))
            seen.overwritten = seen.overwritten or is_interim(data["content"])
            self.last_picture_at = time.monotonic()
        elif seen.pictures:
            seen.overwritten = True
        self.now[data["id"]] = data
        for listener in self.listeners:
            listener(data)


def picture_of(message: Json) -> str:
    """What identifies a posted picture without fetching it: name, bytes, width and height."""
    file = message["attachments"][0]
    return f"{file['filename']} {file['size']} {file.get('width')}x{file.get('height')}"


def is_settled(message: Json) -> bool:
    """Whether a message is in a last state: a picture, or a sentence that promises nothing more."""
    return bool(message["attachments"]) or not (message["loading"] or is_interim(message["content"]))


def a_photo(shape: tuple[int, int], rng: random.Random) -> bytes:
    """A small picture, its proportions and contents all its own."""
    image = Image.linear_gradient("L").resize(shape)
    draw = ImageDraw.Draw(image)
    for _ in range(4):
        x, y, r = rng.randrange(shape[0]), rng.randrange(shape[1]), rng.randrange(8, 24)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=rng.randrange(256))
    stream = BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


class People:
    """Those who use the bot: as many commands as asked for, and a click on some of the pictures."""

    def __init__(self, controls: Controls, watcher: Watcher, rng: random.Random) -> None:
        self._controls = controls
        self._watcher = watcher
        self._rng = rng
        self._photos = [a_photo(shape, rng) for shape in SHAPES]
        self._lock = threading.Lock()
        self.commands: dict[str, Asked] = {}
        self.clicks: dict[str, Asked] = {}
        self._patient_until = 0.0
        self.references: dict[tuple[int, str], str] = {}

    def calm(self) -> None:
        """Every picture once in every palette while nothing breaks: what must be posted later, byte for byte."""
        for shape in range(len(SHAPES)):
            for palette in PALETTES:
                answer = self._answer(self.command(shape, palette))
                self.references[shape, palette] = picture_of(answer)
                if palette == PALETTES[0]:
                    self._controls.react(answer["id"], user=MIA_ID)
                    self.references[shape, "pink"] = picture_of(self._pink(answer["id"]))
        self.commands.clear()

    def _answer(self, used: str) -> Json:
        return self._controls.wait_for(lambda: self._last(self.message_of(used)), 60)

    def _pink(self, message_id: str) -> Json:
        def reply() -> Json | None:
            return next(
                (m for m in list(self._watcher.now.values()) if target_of(m) == message_id and m["attachments"]),
                None,
            )

        return self._controls.wait_for(reply, 60)

    def _last(self, message_id: str | None) -> Json | None:
        message = self._watcher.now.get(message_id or "")
        return message if message and message["attachments"] else None

    def message_of(self, interaction_id: str) -> str | None:
        """The message that answers an interaction, once it is acknowledged."""
        found = self._watcher.interactions.get(interaction_id, {}).get("response_message_id")
        return str(found) if found else None

    def command(self, shape: int, palette: str, *, user: str = MIA_ID, channel: str = ASCII_CHANNEL) -> str:
        """Use /ascii; the interaction's id. Waits while no bot is connected, as people do."""
        files: dict[str, Any] = {"image": ("photo.png", self._photos[shape], "image/png")}
        while True:
            try:
                used = self._controls.slash("ascii", {"palette": palette}, files=files, user=user, channel=channel)
            except Refused as refused:
                if refused.status != 409:
                    raise
                time.sleep(0.2)
                continue
            asked = Asked(shape, palette, channel, time.monotonic())
            with self._lock:
                self.commands[used["interaction_id"]] = asked
            return str(used["interaction_id"])

    def ask(self, jobs: int, enough: Callable[[], bool] = lambda: True) -> None:
        """Commands and clicks until there are `jobs` of them and `enough` says so; at most AT_ONCE unanswered."""
        while True:
            self.note()
            with self._lock:
                done = [a for a in self.commands.values() if not a.turned_away]
                asked = len(done) + len(self.clicks)
                waiting = sum(a.answered_at is None for a in (*done, *self.clicks.values()))
            if asked >= jobs and enough():
                return
            if waiting >= AT_ONCE:
                time.sleep(0.05)
                continue
            self.command(
                self._rng.randrange(len(SHAPES)),
                self._rng.choice(PALETTES),
                user=self._rng.choice(PEOPLE),
                channel=self._rng.choice(CHANNELS),
            )
            # Who is told to try again in a minute does not ask sixteen times a second.
            time.sleep(0.5 if time.monotonic() < self._patient_until else self._rng.uniform(0, 0.06))

    def note(self) -> None:
        """Look at what has come; click on some of the new pictures."""
        for interaction_id, asked in list(self.commands.items()):
            if asked.answered_at is not None or asked.turned_away:
                continue
            state = self._watcher.interactions.get(interaction_id, {})
            asked.message_id = self.message_of(interaction_id)
            asked.turned_away = asked.message_id is None and bool(state.get("failed"))
            message = self._watcher.now.get(asked.message_id or "")
            if message is not None and is_settled(message):
                asked.answered_at = time.monotonic()
                if not message["attachments"]:
                    self._patient_until = time.monotonic() + 2
                elif self._rng.random() < CLICKS_PER_PICTURE:
                    self._click(message["id"], asked)
        open_clicks = {target: asked for target, asked in self.clicks.items() if asked.answered_at is None}
        if open_clicks:
            for message in list(self._watcher.now.values()):
                clicked = open_clicks.get(target_of(message) or "")
                if clicked is not None:
                    clicked.message_id = message["id"]
                    if is_settled(message):
                        clicked.answered_at = time.monotonic()

    def _click(self, message_id: str, asked: Asked) -> None:
        self.clicks[message_id] = Asked(asked.shape, "pink", asked.channel, time.monotonic())
        for user in self._rng.sample(PEOPLE, self._rng.choice((1, 1, 2))):
            self._controls.react(message_id, user=user)

    def waiting(self) -> int:
        """How many have not been answered."""
        self.note()
        everyone = (*self.commands.values(), *self.clicks.values())
        return sum(asked.answered_at is None and not asked.turned_away for asked in everyone)


def target_of(message: Json) -> str | None:
    """The message that this one replies to."""
    found = (message.get("message_reference") or {}).get("message_id")
    return str(found) if found else None


class Trouble:
    """Breaks one thing after another until told to stop, and measures how long people wait because of it."""

    def __init__(
        self,
        stack: Stack,
        people: People,
        watcher: Watcher,
        rng: random.Random,
        *,
        pause: float,
        outage_s: float,
        once: bool,
    ) -> None:
        self._stack, self._people, self._watcher, self._rng = stack, people, watcher, rng
        self._controls = stack.controls
        self._pause = pause
        self._long_outage_s, self._once = outage_s, once
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._workers = list(stack.workers)
        self.counts: Counter[str] = Counter()
        self.after_death: list[tuple[str, float]] = []
        self.after_valkey: list[float] = []
        self.error: BaseException | None = None

    def __enter__(self) -> "Trouble":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)
        self._controls.clear_faults()

    def _run(self) -> None:
        kinds: list[tuple[Callable[[], None], int]] = [
            (self._kill_a_worker, 4),
            (self._kill_a_worker_after_its_effect, 3),
            (self._valkey, 2),
            (self._discord_is_ill, 8),
            (self._gateway, 3),
            (self._tokens_expire, 2),
            (self._kill_a_bot, 2),
        ]
        try:
            for work in self._in_turns(kinds):
                if self._over.wait(self._rng.uniform(0.5, 1.5) * self._pause):
                    return
                work()
        except BaseException as error:
            self.error = error
        finally:
            self._over.set()

    def is_over(self) -> bool:
        """Whether nothing more will break."""
        return self._over.is_set()

    def _in_turns(self, kinds: list[tuple[Callable[[], None], int]]) -> Iterator[Callable[[], None]]:
        while True:  # each kind as often as its weight says, in an order of the seed's
            deck = [work for work, weight in kinds for _ in range(1 if self._once else weight)]
            self._rng.shuffle(deck)
            yield from deck
            if self._once:
                return

    # Processes

    def _kill_a_worker(self) -> None:
        busy = self._current_jobs()
        pid = self._rng.choice(sorted(busy)) if busy else self._rng.choice(self._workers).pid
        self._kill_worker(pid, busy.get(pid))
        self.counts["workers killed"] += 1

    def _kill_a_worker_after_its_effect(self) -> None:
        """Hang up on a worker after the change is made, and kill it before it asks again."""
        happened: dict[str, str] = {}
        event = threading.Event()

        def watch(message: Json) -> None:
            if message["attachments"]:
                happened.setdefault("id", message["id"])
                event.set()

        self._controls.fault(method="PATCH", path="/webhooks/", drop="after", times=1)
        self._watcher.listeners.append(watch)
        event.wait(5)
        self._watcher.listeners.remove(watch)
        hit = [
            (pid, job)
            for pid, job in self._current_jobs().items()
            if self._people.message_of(job) == happened.get("id", "")
        ]
        if not hit:
            return  # a click's picture, or the worker was quicker
        self._kill_worker(*hit[0])
        self.counts["… between effect and acknowledgement"] += 1

    def _kill_worker(self, pid: int, job: str | None) -> None:
        for n, worker in enumerate(self._workers):
            if worker.pid == pid:
                worker.kill()
                worker.wait()
                if job is not None:
                    self.after_death.append((job, time.monotonic()))
                self._over.wait(self._rng.uniform(0, 2))
                self._workers[n] = self._stack.start_worker()

    def _current_jobs(self) -> dict[int, str]:
        """Worker process -> the job it has in hand, by RQ's own records."""
        ours = {worker.pid for worker in self._workers if worker.poll() is None}
        found = {}
        try:
            with connect(self._stack.redis_url) as redis:
                for worker in redis.smembers("rq:workers"):
                    pid = redis.hget(worker, "pid")
                    for running in redis.smembers(worker + b":executions"):  # "job:execution"
                        if pid is not None and int(pid) in ours:
                            found[int(pid)] = running.decode().rsplit(":", 1)[0]
        except RedisError:
            pass  # it is being broken, too
        return found

    def _kill_a_bot(self) -> None:
        n = self._rng.randrange(len(self._stack.bots))
        self._stack.bots[n].kill()
        self._stack.bots[n].wait()
        self.counts["bots killed"] += 1
        self._over.wait(self._rng.uniform(0, 2))
        self._stack.restart_bot(n)
        # Two killed at once would leave nobody to hear a click; Discord repeats none of them.
        self._await_bots()

    def _await_bots(self) -> None:
        until = time.monotonic() + 40
        while time.monotonic() < until and self._controls.state()["sessions"] < len(self._stack.bots):
            time.sleep(0.3)

    def _valkey(self) -> None:
        kill = self._rng.random() < 0.6
        self._stack.stop_valkey(kill=kill)
        self.counts["Valkey killed" if kill else "Valkey stopped"] += 1
        down_s = self._long_outage_s or self._rng.choice((0.0, 0.5, 2.0, 6.0))
        if self._long_outage_s:
            self.counts[f"… once for {self._long_outage_s:.0f} s"] += 1
        self._long_outage_s = 0.0
        self._over.wait(down_s)
        self._stack.start_valkey()
        back = time.monotonic()
        while not self._over.wait(0.05) and time.monotonic() < back + 60:
            if self._watcher.last_picture_at > back:
                self.after_valkey.append(self._watcher.last_picture_at - back)
                return

    # Discord

    def _discord_is_ill(self) -> None:
        where = self._rng.choice(("/webhooks/", "/channels/", "/callback$", "/(webhooks|channels)/"))
        rule: Json = self._rng.choice(
            (
                {"status": 429, "retry_after": self._rng.choice((0.3, 1.0, 3.0))},
                {"status": self._rng.choice((500, 502, 503))},
                {"drop": "before"},
                {"drop": "after"},
                {"delay_s": 1.5},
            )
        )
        self._controls.fault(path=where, times=self._rng.randrange(1, 6), **rule)
        self.counts[f"Discord: {rule.get('status') or ('hangs up' if 'drop' in rule else 'slow')}"] += 1

    def _gateway(self) -> None:
        self._controls.gateway(self._rng.choice(("drop", "reconnect")))
        self.counts["gateway dropped"] += 1
        self._await_bots()

    def _tokens_expire(self) -> None:
        # Sessions that are apart for longer than three minutes cannot be resumed: not what this is about.
        self._await_bots()
        self._controls.advance(TOKEN_LIFE_S + 5)
        self.counts["all tokens expired"] += 1


@dataclass
class Verdict:
    """What the audit found."""

    pictures: int = 0
    reasons: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    left_loading: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.duplicated or self.left_loading or self.stale)


def audit(people: People, watcher: Watcher, state: Json) -> Verdict:
    """Hold what stands in the channels, and what has stood there, to what was asked for.

    Lost: promised, or clicked, and neither picture nor reason. Duplicated: more than one message, or more than
    one picture, for one wish; or a message for no wish. Stale: another picture than the one asked for, or a
    picture that a sentence has covered.
    """
    verdict = Verdict()
    messages = [m for c in state["messages"].values() for m in c if m["author"]["id"] == BOT_ID]
    by_interaction = _group([m for m in messages if m.get("interaction_id")], lambda m: m["interaction_id"])
    by_target = _group([m for m in messages if not m.get("interaction_id")], target_of)
    wishes = [("command", key, asked, by_interaction.pop(key, [])) for key, asked in people.commands.items()]
    wishes += [("click", key, asked, by_target.pop(key, [])) for key, asked in people.clicks.items()]
    for kind, key, asked, found in wishes:
        name = f"{kind} {key}"
        if not found:
            if not asked.turned_away:
                verdict.lost.append(f"{name}: nothing")
            continue
        if len(found) > 1 or any(len(m["attachments"]) > 1 for m in found):
            verdict.duplicated.append(f"{name}: {[m['content'] for m in found]}")
        message = found[0]
        seen = watcher.seen.get(message["id"], Seen())
        if message["loading"]:
            verdict.left_loading.append(name)
        elif not is_settled(message):
            verdict.lost.append(f"{name}: {message['content']!r}")
        elif message["attachments"]:
            verdict.pictures += 1
        else:
            verdict.reasons += 1
        wanted = people.references[asked.shape, asked.palette]
        if seen.overwritten or seen.pictures - {wanted}:
            verdict.stale.append(f"{name}: {message['content']!r}, {seen}, wanted {wanted}")
    verdict.duplicated += [
        f"for nobody: {m['content']!r}" for ms in (*by_interaction.values(), *by_target.values()) for m in ms
    ]
    return verdict


def _group(messages: list[Json], key: Callable[[Json], str | None]) -> dict[str, list[Json]]:
    groups: dict[str, list[Json]] = {}
    for message in messages:
        groups.setdefault(key(message) or "", []).append(message)
    return groups


@dataclass
class Report:
    """One finished run."""

    verdict: Verdict
    broken: Counter[str]
    rows: list[tuple[str, str]]


def run(
    folder: Path,
    *,
    jobs: int,
    seed: int,
    workers: int = 3,
    bots: int = 2,
    pause: float = 3.0,
    outage_s: float = 0.0,
    once: bool = False,
    worker: str = "worker",
    quiet: bool = False,
) -> Report:
    """One chaos run in an empty folder.

    `pause` is the mean time between two things that break, and the first stop of Valkey lasts `outage_s` if that
    is not 0; both in seconds. With `once` everything breaks once, and `jobs` are as many as are asked for at least.
    `worker` is the module to run as a worker.
    """

    def say(line: str) -> None:
        if not quiet:
            print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)

    weights = untrained(folder)
    rng = random.Random(seed)
    settings = {
        "WEIGHTS_DIR": str(weights),
        "MODEL_WEIGHTS": "tiny",
        "TORCH_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(SAMPLE.parents[2]),
        "USER_IN_FLIGHT": "0",
        "USER_DAILY": "0",
    }
    with Stack(folder, workers=workers, bots=bots, settings=settings, worker=worker) as stack:
        watcher = Watcher(stack.controls)
        people = People(stack.controls, watcher, rng)
        people.calm()
        ignored = {message["id"] for message in _bot_messages(stack.controls.state())}
        say(f"calm: {len(people.references)} reference pictures; now {jobs} jobs under fire")
        start = time.monotonic()
        second = random.Random(seed + 1)
        with Trouble(stack, people, watcher, second, pause=pause, outage_s=outage_s, once=once) as trouble:
            people.ask(jobs, trouble.is_over if once else lambda: True)
        asked_s = time.monotonic() - start
        if trouble.error is not None:
            raise trouble.error
        say(f"asked in {asked_s:.0f} s; letting it settle")
        settled = settle(people)
        state = stack.controls.state()
        for channel, messages in state["messages"].items():
            state["messages"][channel] = [m for m in messages if m["id"] not in ignored]
        verdict = audit(people, watcher, state)
        with connect(stack.redis_url) as redis:
            valkey = str(redis.info()["valkey_version"])
    answers = [
        asked.answered_at - asked.at
        for asked in (*people.commands.values(), *people.clicks.values())
        if asked.answered_at is not None
    ]
    deaths = [
        asked.answered_at - at
        for job, at in trouble.after_death
        if (asked := people.commands.get(job) or people.clicks.get(job.split("-")[0])) and asked.answered_at
    ]
    turned_away = sum(asked.turned_away for asked in people.commands.values())
    rows = [
        ("run", f"seed {seed}, {workers} workers, {bots} bots, {asked_s:.0f} s under fire"),
        ("machine", f"{os.cpu_count()} CPUs, Python {platform.python_version()}, Valkey {valkey}"),
        ("promised", f"{len(people.commands) - turned_away} commands, {len(people.clicks)} clicks"),
        ("answered", f"{verdict.pictures} with the picture, {verdict.reasons} with a reason"),
        ("turned away by Discord before any promise", str(turned_away)),
        ("broken", ", ".join(f"{name} {count}×" for name, count in sorted(trouble.counts.items()))),
        ("answer, seconds", spread(answers)),
        ("answer after the death of its worker, seconds", spread([s for s in deaths if s > 0])),
        ("first picture after Valkey is back, seconds", spread(trouble.after_valkey)),
        ("settled after the last fault", "not" if settled is None else f"{settled:.0f} s"),
        ("**lost**", str(len(verdict.lost))),
        ("**duplicated**", str(len(verdict.duplicated))),
        ("**left loading**", str(len(verdict.left_loading))),
        ("**stale**", str(len(verdict.stale))),
    ]
    return Report(verdict, trouble.counts, rows)


def untrained(folder: Path) -> Path:
    """A folder with weights of the smallest network: delivery is what is tested, not drawing."""
    out = folder / "tiny"
    out.mkdir()
    torch.manual_seed(1)
    network = Generator(SIZES["tiny"])
    save_weights(out / "tiny.safetensors", network, default_atlas(), teacher="none", step=0, metrics={})
    return out


def settle(people: People) -> float | None:
    """Seconds until everyone was answered; None if SETTLE_S was not enough."""
    start = time.monotonic()
    while time.monotonic() - start < SETTLE_S:
        if not people.waiting():
            return time.monotonic() - start
        time.sleep(0.25)
    return None


def _bot_messages(state: Json) -> list[Json]:
    return [m for channel in state["messages"].values() for m in channel if m["author"]["id"] == BOT_ID]


def spread(seconds: list[float]) -> str:
    """Median, 95th percentile and largest of some times."""
    if not seconds:
        return "none"
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return f"p50 {statistics.median(ordered):.1f}, p95 {p95:.1f}, max {ordered[-1]:.1f} (n = {len(ordered)})"


def main() -> int:
    """Run, print the table and, for what was found wrong, the particulars on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos", description="Break everything; audit the answers."
    )
    parser.add_argument("--jobs", type=int, default=2000, help="commands and clicks in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=3.0, help="mean seconds between two things that break")
    parser.add_argument("--outage", type=float, default=45.0, help="seconds of the one long outage of Valkey")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="glyphcord-chaos-"))
    report = run(folder, jobs=args.jobs, seed=args.seed, pause=args.pause, outage_s=args.outage)
    print("| chaos | |\n| --- | --- |")
    for name, value in report.rows:
        print(f"| {name} | {value} |")
    verdict = report.verdict
    for kind in ("lost", "duplicated", "left_loading", "stale"):
        for line in getattr(verdict, kind)[:20]:
            print(f"{kind}: {line}", file=sys.stderr)
    proves = verdict.pictures >= args.jobs / 2
    if not proves:
        print("fewer than half of the answers are pictures: this run proves nothing", file=sys.stderr)
    if not (verdict.clean and proves):
        print(f"the logs are in {folder}", file=sys.stderr)
    return 0 if verdict.clean and proves else 1


if __name__ == "__main__":
    sys.exit(main())
