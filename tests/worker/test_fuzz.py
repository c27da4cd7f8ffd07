"""Random damage, within a bounded time: to picture files on their way to pixels, and to records in Redis."""

import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from redis import Redis

from jobs.lifecycle.job import PENDING, Claim, EndReason, Jobs, PendingReply
from jobs.lifecycle.messages import Messages
from jobs.lifecycle.reactions import Attempt, Reactions
from jobs.records import Record, read_record
from jobs.registry import audit
from jobs.registry.audit import AuditEntry
from jobs.registry.fleet import Fleet, WorkerReport
from jobs.registry.reload import Reload, Reloads, Vote
from jobs.registry.verification import Verification, enqueue_verification, record_verification, verification_of
from jobs.registry.weights import Model, Version, WeightsStore
from jobs.rq_adapter.job import BadRequest
from jobs.schema import Click, RenderRequest, RenderResult
from jobs.server_settings import GuildSettings, GuildStore
from models import limits
from models.containers import video_container
from models.problems import PictureProblem
from models.sentences import PICTURE_SENTENCES
from models.sniff import sniff
from tests.jobs.requests import a_pending_reply
from tests.models.built import apng, chunk, flat, gif, gif_frame, loop, png, rgba
from tests.models.rendering.test_deep_tiff import tiff
from tests.models.videos import corner, video
from tests.worker.samples import request_for
from worker.render import tasks
from worker.render.decoder import LIMIT_S, Decoder

SECONDS: Final = 3.0
"""What one test may spend on examples beyond those it needs; the machine decides how many that are."""

quickly = settings(max_examples=300, suppress_health_check=list(HealthCheck), database=None, print_blob=True)


class Clock:
    """Ends a test's examples when its time is over; those after that pass at once, and count as nothing."""

    def __init__(self) -> None:
        self.ends, self.examples = time.monotonic() + SECONDS, 0

    def over(self) -> bool:
        self.examples += 1
        return time.monotonic() > self.ends


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as warm:
        yield warm


# --- pictures -------------------------------------------------------------------------------------------------


def encoded(form: str, mode: str, **options: Any) -> bytes:
    y, x = np.mgrid[:40, :48]
    stream = io.BytesIO()
    grey = Image.fromarray((((x * 5) ^ (y * 7)) % 256).astype(np.uint8))
    grey.convert(mode).save(stream, form, **options)
    return stream.getvalue()


def animated() -> bytes:
    frames = [Image.new("P", (40, 30), colour) for colour in range(4)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=20)
    return stream.getvalue()


EXIF: Final = Image.Exif()
EXIF[0x0112] = 6
SEEDS: Final = [
    encoded("PNG", "RGB"),
    encoded("PNG", "P", transparency=0),
    encoded("PNG", "LA"),
    encoded("PNG", "1"),
    encoded("JPEG", "RGB", exif=EXIF),
    encoded("JPEG", "CMYK", progressive=True),
    encoded("JPEG", "L", icc_profile=b"\0" * 200),
    encoded("GIF", "P"),
    animated(),
    encoded("WEBP", "RGBA"),
    encoded("WEBP", "RGB", lossless=True),
    encoded("BMP", "RGB"),
    encoded("BMP", "P"),
    video([corner(64, 48)] * 4, sound=True),
    video([corner(64, 48)] * 4, container={"movflags": "frag_keyframe+empty_moov"}),
    video([corner(64, 48)] * 4, codec="libx265", form="mov"),
    video([corner(64, 48)] * 4, codec="libvpx-vp9", form="webm"),
    encoded("TIFF", "RGB", compression="tiff_lzw"),
    tiff(np.linspace(0, 1, 48 * 40).astype("f2").reshape(40, 48, 1), packed=3),
    apng([(rgba(48, 40, (200, 30, 60), 128), {"dispose": 1}), (rgba(20, 20, (9, 9, 200)), {"x": 9, "blend": 1})]),
    gif(48, 40, gif_frame(flat(1, 48, 40), disposal=4), loop(3), gif_frame(flat(2, 30, 30), (30, 20))),
    png(
        np.arange(40 * 48, dtype=np.uint16).reshape(40, 48), 0, chunk(b"tRNS", b"\0\7"), chunk(b"gAMA", b"\0\1\0\0")
    ),
]

places = st.one_of(st.integers(0, 64), st.integers(0, 20_000))
damage = st.one_of(
    st.tuples(st.just("set"), places, st.binary(min_size=1, max_size=6)),
    st.tuples(st.just("set"), places, st.sampled_from([b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xda"])),
    st.tuples(st.just("insert"), places, st.binary(min_size=1, max_size=40)),
    st.tuples(st.just("cut"), places, st.just(b"")),
    st.tuples(st.just("repeat"), places, st.just(b"")),
)


def damaged(data: bytes, wounds: list[tuple[str, int, bytes]]) -> bytes:
    """The file after each wound in turn; places past its end count from its beginning again."""
    for kind, place, new in wounds:
        at = place % max(1, len(data))
        match kind:
            case "set":
                data = data[:at] + new + data[at + len(new) :]
            case "insert":
                data = data[:at] + new + data[at:]
            case "cut":
                data = data[:at]
            case _:
                data = data[:at] + data[at : at + 200] * 20 + data[at:]
    return data


files = st.one_of(
    st.builds(damaged, st.sampled_from(SEEDS), st.lists(damage, min_size=1, max_size=5)),
    st.builds(lambda seed, tail: seed[: len(seed) // 4] + tail, st.sampled_from(SEEDS), st.binary(max_size=300)),
    st.binary(max_size=200),
)


def problem_of(work: Callable[[], object]) -> str:
    """The code of the PictureProblem that the work ends with, or nothing. Any other error fails the test."""
    try:
        work()
    except PictureProblem as problem:
        assert str(problem) and problem.code in PICTURE_SENTENCES
        return problem.code
    return ""


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # Pillow has much to say about such files
def test_damaged_file_is_decoded_or_refused_and_takes_no_process_along(decoder: Decoder) -> None:
    # The damage reaches past the headers: some files still open, some break inside.
    clock, seen, wanted = Clock(), set[str](), {"", "broken", "not_a_picture"}

    @settings(quickly, max_examples=1000)
    @given(files)
    def fuzz(data: bytes) -> None:
        if clock.over() and wanted <= seen:
            return
        start = time.monotonic()
        header = problem_of(lambda: sniff(data))
        found = problem_of(lambda: decoder.still(data))
        assert header in ("", found), "the header's check, in the bot, and the worker's agree"
        moving = problem_of(lambda: decoder.frames(data, limits.ANIMATION_COLUMNS))
        assert video_container(data) or moving in ("", found)
        assert time.monotonic() - start < 3 * LIMIT_S
        seen.add(found)

    fuzz()
    assert wanted <= seen


# --- records in Redis -----------------------------------------------------------------------------------------

CLICK: Final = Click(message_id="30", channel_id="20", guild_id="60", user_id="40", palette="pink", at=1.0)
RECORDS: Final[list[Record]] = [
    request_for("a" * 64),
    RenderResult(job_id="1", outcome="posted", stages_ms={"decode": 1.5}),
    WorkerReport(
        name="w", host="h", pid=1, device="cpu", model="m", model_version="0" * 12, state="idle", started_at=0.0
    ),
    Reload(id="1", model="m", by="40", expected=("w",), phase="preparing", target="b" * 64, deadline_at=1.0),
    Vote(worker="w"),
    Model(name="m", active="a" * 64, changed_by="40", changed_at=1.0),
    Version(model="m", sha256="a" * 64, size=1, origin="file", added_by="w", added_at=1.0),
    Verification(id="1", worker="w", error="no"),
    AuditEntry(at=1.0, by="40", action="model reload"),
    a_pending_reply("1000"),
    CLICK,
    Attempt(message_id="30", palette="pink", held_until=1.0),
    EndReason(outcome="refused", code="broken", sentence="I cannot read that file."),
    GuildSettings(channels=frozenset({"20"}), spoiler=True),
]
KEYS: Final = sorted({key for record in RECORDS for key in json.loads(record.model_dump_json())})

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(KEYS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """A record of ours with some values exchanged; or its bytes damaged; or anything at all."""
    data = draw(st.sampled_from(RECORDS)).model_dump_json().encode()
    match draw(st.sampled_from(["values", "bytes", "json", "noise"])):
        case "values":
            fields = json.loads(data) | draw(st.dictionaries(st.sampled_from(KEYS), values, max_size=3))
            return json.dumps(fields).encode()
        case "bytes":
            return damaged(data, draw(st.lists(damage, min_size=1, max_size=3)))
        case "json":
            return json.dumps(draw(values)).encode()
    return draw(st.binary(max_size=100))


def test_no_record_in_redis_stops_who_reads_it(redis: Redis) -> None:
    jobs, messages, fleet, request = Jobs(redis), Messages(redis), Fleet(redis), request_for("a" * 64)
    reactions = Reactions(redis, jobs)
    fleet.report(WorkerReport.model_validate(RECORDS[2].model_dump() | {"name": "well"}))
    store = WeightsStore(redis, 2**20)
    store.announce("m", store.put(b"weights", "m", origin="file", by="w").sha256, "w")
    store.announce_default("m")
    reloads = Reloads(redis, store, fleet)
    reload = reloads.begin("m", "40")
    reloads.vote(reload, Vote(worker="well"))
    checking = enqueue_verification(redis, "m", "a" * 64)
    record_verification(redis, Verification(id=checking.id, worker="well"), b"png")
    audit.record(redis, "40", "model reload")
    messages.remember(request)
    messages.version_of("30", "1000")
    jobs.open(a_pending_reply("1000"), look_at=0)
    jobs.progress("1000", (1, 3))
    jobs.begin_notice("1000")
    failure = EndReason(outcome="refused", code="broken", sentence="I cannot read that file.")
    jobs.abandon("1000", "a-try", failure)
    jobs.finish(RenderResult(job_id="999", outcome="posted"))
    guilds = GuildStore(redis)
    assert reactions.take(CLICK)
    guilds.update("60", lambda settings: settings.model_copy(update={"spoiler": True}))
    # Every key that reading needs, by what Redis keeps there; found rather than named, so that none is forgotten.
    texts = [key for key in redis.keys("glyphcord:*") if redis.type(key) == b"string"]
    hashes = [key for key in redis.keys("glyphcord:*") if redis.type(key) == b"hash"]
    assert len(texts) >= 5 and hashes
    redis.zadd("glyphcord:workers", {b"\xff\xfe": time.time() + 600})
    clock = Clock()

    @quickly
    @given(records())
    def fuzz(data: bytes) -> None:
        if clock.over():
            return
        pipe = redis.pipeline()
        for key in texts:
            pipe.set(key, data)
        for key in hashes:
            for field in redis.hkeys(key):
                pipe.hset(key, field, data)
        pipe.hset(f"glyphcord:reload:{reload.id}", b"\xff", data)
        pipe.zadd(PENDING, {"1000": 0})
        pipe.delete("glyphcord:audit")
        pipe.rpush("glyphcord:audit", data)
        pipe.execute()
        assert all(isinstance(report, WorkerReport) for report in fleet.alive())
        assert isinstance(reloads.latest(), Reload | None)
        assert isinstance(reloads.advance(), Reload | None)
        assert all(isinstance(answer, Vote) for answer in reloads.votes(reload).values())
        assert all(isinstance(model, Model) for model in store.models().values())
        assert all(isinstance(version, Version) for version in store.versions())
        assert isinstance(store.default(), str)
        assert isinstance(verification_of(redis, checking)[0], Verification | None)
        assert all(isinstance(entry, AuditEntry) for entry in audit.entries(redis))
        assert isinstance(messages.request_of("30"), RenderRequest | None)
        assert isinstance(jobs.result_of("999"), RenderResult | None)
        assert isinstance(jobs.reason_of("1000"), EndReason | None)
        assert isinstance(jobs.claim("1000", "another-try", request=request), Claim)
        assert isinstance(messages.is_newest(request), bool)
        assert all(isinstance(pending, PendingReply) for pending in jobs.due(most=10))
        assert all(isinstance(click, Click) for click in reactions.clicks())
        assert isinstance(reactions.take(CLICK), Attempt | None)
        assert isinstance(reactions.answered_with("30", "pink"), str | None)
        assert isinstance(guilds.get("60"), GuildSettings)

    fuzz()
    assert clock.examples > 50


@pytest.mark.parametrize("kind", [type(record) for record in RECORDS])
def test_whole_record_is_read_and_no_other_kind(kind: type[Record]) -> None:
    for record in RECORDS:
        found = read_record(kind, record.model_dump_json().encode())
        assert (found == record) if isinstance(record, kind) else (found is None)
    assert read_record(kind, None) is None


def test_request_that_is_none_is_refused_by_name() -> None:
    """What stands in a job's arguments, which RQ has read from JSON."""
    clock = Clock()

    @quickly
    @given(st.one_of(values, st.dictionaries(st.sampled_from(KEYS), values).map(lambda fields: whole | fields)))
    def fuzz(payload: Any) -> None:
        if clock.over():
            return
        try:
            request = tasks._parse(payload)
        except BadRequest as error:
            assert "secret" not in str(error)
        else:
            assert isinstance(request, RenderRequest)

    whole = request_for("a" * 64, reply={"token": "secret"}).model_dump(mode="json")
    fuzz()
