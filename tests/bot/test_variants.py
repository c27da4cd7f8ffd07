"""`/ascii variants:` and the buttons under its answer, through the whole program."""

import asyncio
import json
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from redis import Redis

from bot.components.variants import SHIPPED_STYLES, Variants, choice_of, variant_of
from bot.services import Services
from bot.settings import BotSettings
from jobs.lifecycle.job import Jobs
from jobs.lifecycle.messages import Messages
from jobs.schema import RenderRequest, RenderResult, Variant
from jobs.text.buttons import choice_rows
from jobs.text.sentences import SENTENCES, ServiceProblem
from jobs.variants import KINDS, MOST, kind_of, variant_name, variants_of
from playground.testing import ADA_ID, Controls, PlaygroundProcess
from playground.testing.client import PATIENCE_S
from tests.bot.processes import a_png, only, queued
from tests.bot.test_guild_settings import announce
from tests.bot.test_results import QUEUE, shown
from tests.jobs.requests import a_request

ROOT = Path(__file__).parents[2]


def asked(discord: Controls, redis: Redis, kind: str, **options: Any) -> RenderRequest:
    """The request for variants of a kind."""
    discord.slash("ascii", {"variants": kind} | options, files={"image": a_png()})
    request = only(discord, redis)
    redis.delete(QUEUE)
    return request


def drawn(playground: PlaygroundProcess, request: RenderRequest) -> str:
    """What a worker does: a file for each variant, and the buttons. Returns the message's id."""
    count = len(request.pictures)
    names = {n: variant_name(one.variant, "en") for n, one in enumerate(request.pictures, 1)}
    body = {
        "content": f"photo · {count} pictures",
        "attachments": [{"id": n, "filename": f"ascii-photo-{n + 1}.png"} for n in range(count)],
        "components": list(choice_rows(names, "en")),
    }
    reply = request.reply
    url = f"{playground.url}/api/v10/webhooks/{reply.application_id}/{reply.token}/messages/@original"
    files = {f"files[{n}]": (f"ascii-photo-{n + 1}.png", a_png()[1], "image/png") for n in range(count)}
    httpx.patch(url, data={"payload_json": json.dumps(body)}, files=files, timeout=30).raise_for_status()
    return reply.message_id


def taken(discord: Controls, message_id: str) -> dict[str, Any] | None:
    """The message, once one variant is all that it shows."""
    now = shown(discord, message_id)
    return now if now and len(now["attachments"]) == 1 else None


def test_each_variant_is_one_drawing_of_the_same_picture_and_counts_as_one(discord: Controls, redis: Redis) -> None:
    request = asked(discord, redis, "paper", palette="green")
    assert [one.variant for one in request.pictures] == [Variant(background="light"), Variant(background="dark")]
    assert len(set(request.shas)) == 1 and request.is_choice and request.first_reaction == ""
    assert [one.variant and one.variant.focus for one in asked(discord, redis, "focus").pictures] == [
        0,
        0.33,
        0.66,
        1,
    ]
    (day,) = redis.keys(f"glyphcord:quota:day:*:{request.user_id}")
    assert int(redis.get(day) or 0) == 2 + 4


def test_styles_are_those_there_are_the_default_first(discord: Controls, redis: Redis) -> None:
    def told() -> str:
        used = discord.slash("ascii", {"variants": "styles"}, files={"image": a_png()})
        return str(discord.wait_for_answer(used)["content"])

    announce(redis, "lines")
    assert told() == SENTENCES["one_style"] and queued(redis) == []
    for name in ("pixels", "aquarelle", "zebra", "classic"):
        announce(redis, name)
    redis.set("glyphcord:weights:default", "pixels")
    styles = [one.variant.style for one in asked(discord, redis, "styles").pictures if one.variant]
    assert styles == ["pixels", "aquarelle", "classic", "lines"]


def test_taking_one_makes_it_the_whole_result(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    request = asked(discord, redis, "focus", palette="green")
    message_id = drawn(playground, request)  # by a worker that died before it wrote that down
    answer = discord.wait_for_answer(discord.click(message_id, "glyph:take:2", user=ADA_ID))
    assert (answer["content"], answer["ephemeral_to"]) == (SENTENCES["not_yours"], ADA_ID)
    discord.click(message_id, "glyph:take:3")
    now = discord.wait_for(lambda: taken(discord, message_id))
    assert (now["content"], now["attachments"][0]["filename"]) == ("green · Little background", "ascii-photo-3.png")
    buttons = [button["label"] for button in now["components"][0]["components"]]
    assert buttons == ["Pink", "Text", "Compare", "Redo…", "Delete"] and len(now["components"]) == 1
    assert queued(redis) == [], "nothing is drawn again"
    # A worker that repeats the job finds the message to be another's.
    assert not Messages(redis).is_newest(request)
    Jobs(redis).finish(RenderResult(job_id=request.job_id, outcome="stale"))
    # From here on it is a result as any other.
    discord.react(message_id, "💙")
    blue = only(discord, redis)
    assert (blue.options.palette, blue.options.focus, blue.is_choice, len(blue.pictures)) == (
        "blue",
        0.66,
        False,
        1,
    )
    with pytest.raises(ServiceProblem, match=SENTENCES["already_taken"]):
        variant_of(blue, "1")


def test_a_choice_holds_whose_answer_got_lost(
    playground: PlaygroundProcess, discord: Controls, redis: Redis
) -> None:
    request = asked(discord, redis, "paper", palette="mono")
    message_id = drawn(playground, request)
    discord.fault(method="POST", path="/callback$", drop="after")
    discord.click(message_id, "glyph:take:2")
    discord.wait_for(lambda: taken(discord, message_id))
    discord.react(message_id, "💙")
    blue = only(discord, redis)
    assert (blue.options.background, blue.is_choice, len(blue.pictures)) == ("dark", False, 1)


class Meeting(Messages):
    """Lets two look at a message's request before either of them changes it."""

    both = threading.Barrier(2, timeout=PATIENCE_S)

    def request_of(self, message_id: str) -> RenderRequest | None:
        found = super().request_of(message_id)
        self.both.wait()
        return found


@dataclass
class Choosing:
    """Two kinds of paper to choose from, without Discord; `shown` is what the message came to show."""

    variants: Variants
    redis: Redis
    shown: list[str]

    async def take(self, *clicks: tuple[int, int]) -> list[str]:
        """How clicks ended, each an interaction's id and a number, that two at a time look at the record."""

        async def edit_message(*, attachments: list[Any], **_: object) -> None:
            self.shown.extend(file.filename for file in attachments)

        files = [SimpleNamespace(filename=f"ascii-photo-{number}.png") for number in (1, 2)]
        message = SimpleNamespace(id=30, attachments=files)

        def click(interaction_id: int) -> Any:
            response = SimpleNamespace(edit_message=edit_message)
            return SimpleNamespace(
                id=interaction_id, user=SimpleNamespace(id=50), message=message, response=response
            )

        ends = await asyncio.gather(
            *(self.variants.take(click(one), str(number)) for one, number in clicks), return_exceptions=True
        )
        return sorted(repr(end) if end is None else str(getattr(end, "code", end)) for end in ends)

    def check(self) -> None:
        """The message shows once what the record says."""
        record = Messages(self.redis).request_of("30")
        assert record is not None and not record.is_choice
        assert self.shown == [
            {"light": "ascii-photo-1.png", "dark": "ascii-photo-2.png"}[record.options.background]
        ]


@pytest.fixture
def choosing(redis_url: str, redis: Redis) -> Choosing:
    papers = [{"sha": "a" * 64, "variant": {"background": paper}} for paper in ("light", "dark")]
    Messages(redis).remember(a_request(pictures=papers))
    services = Services.open(BotSettings.model_validate({"discord_token": "x", "redis_url": redis_url}))
    return Choosing(Variants(replace(services, messages=Meeting(services.redis))), redis, [])


async def test_of_two_quick_choices_one_counts_for_message_and_record_alike(choosing: Choosing) -> None:
    assert await choosing.take((1, 1), (2, 2)) == ["None", "already_taken"]
    choosing.check()


async def test_a_choice_that_two_processes_hear_of_is_made_by_one(choosing: Choosing) -> None:
    """And the other neither says that it was made already, which would be the answer, nor undoes it."""
    assert await choosing.take((1, 2), (1, 2)) == ["None", "None"]
    choosing.check()
    assert await choosing.take((1, 2), (1, 2)) == ["None", "None"], "heard of late"
    choosing.check()


def test_every_kind_has_names_and_bounded_labels() -> None:
    styles = [f"style-{number}" for number in range(9)] + ["classic"]
    seen = set()
    for kind in KINDS:
        variants = variants_of(kind, styles[::-1])
        assert 2 <= len(variants) <= MOST and {kind_of(one) for one in variants} == {kind}
        names = [variant_name(one, "de") for one in variants]
        assert all(names) and len(set(names)) == len(names)
        seen |= {(kind, choice_of(one)) for one in variants}
    papers, focus = {("paper", "light"), ("paper", "dark")}, {("focus", one) for one in ("0", "0.33", "0.66", "1")}
    assert seen == papers | focus | {("styles", "classic"), ("styles", "other")}


def test_the_styles_that_a_metric_names_are_those_that_come_with_the_program() -> None:
    assert set(SHIPPED_STYLES) == {path.stem for path in (ROOT / "models" / "weights").glob("*.safetensors")}
