"""Everything on a message that shows a picture: what is drawn of it, and whether it is hidden."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from redis import Redis

from jobs.schema import RenderRequest
from jobs.text.sentences import SENTENCES
from playground.testing import Controls
from tests.bot.processes import a_png, only, queued, stored
from tests.sentences import plain

MENU = "Make ASCII"
TENOR = "https://tenor.com/view/cat-12"
Message = dict[str, Any]
NOT_OURS = "https://media.tenor.com/abc/cat.mp4"


def a_gif(width: int = 48, height: int = 40) -> tuple[str, bytes, str]:
    """A small animation, as an upload."""
    frames = [Image.linear_gradient("L").rotate(turn).resize((width, height)) for turn in (0, 90, 180)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return "cat.gif", buffer.getvalue(), "image/gif"


def an_apng() -> tuple[str, bytes, str]:
    frames = [Image.linear_gradient("L").rotate(turn).resize((64, 64)) for turn in (0, 90)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:], duration=100)
    return "cat.png", buffer.getvalue(), "image/png"


def gallery(*names: str, **item: Any) -> Message:
    return {"type": 12, "items": [{"media": {"url": f"attachment://{name}"}, **item} for name in names]}


def section(name: str, **thumbnail: Any) -> Message:
    shown = {"type": 11, "media": {"url": f"attachment://{name}"}, **thumbnail}
    return {"type": 9, "components": [{"type": 10, "content": "words"}], "accessory": shown}


def file(name: str, **more: Any) -> Message:
    return {"type": 13, "file": {"url": f"attachment://{name}"}, **more}


def container(*inside: Message, **more: Any) -> Message:
    return {"type": 17, "components": list(inside), **more}


def link(url: str, **more: Any) -> Message:
    """An embed as Discord makes it of a link to a picture elsewhere."""
    shown = {"url": url, "proxy_url": "attachment://cat.png"}
    return {"type": "image", "url": url, "thumbnail": shown, **more}


PNG, GIF = a_png(), a_gif()
UNREADABLE = {"media": {"url": "attachment://example.org:99999/cat.png", "proxy_url": "attachment://cat.png"}}
ELSEWHERE = {"media": {"url": "https://example.org/cat.png", "proxy_url": "attachment://cat.png"}}
GIFV: Message = {
    "type": "gifv",
    "url": TENOR,
    "provider": {"name": "Tenor"},
    "video": {"url": NOT_OURS, "proxy_url": "attachment://cat.gif"},
    "thumbnail": {"url": "https://media.tenor.com/abc/cat.png", "proxy_url": "attachment://cat.png"},
}
"""With a GIF in the video's place: what is found is asked for here, and not what videos are decoded to."""

CASES: dict[str, tuple[Message, bytes, bool]] = {
    "a gallery": ({"components": [gallery("cat.png")]}, PNG[1], False),
    "an item whose own address cannot be read": (
        {"components": [{"type": 12, "items": [UNREADABLE]}]},
        PNG[1],
        False,
    ),
    "a hidden item of a gallery": ({"components": [gallery("cat.png", spoiler=True)]}, PNG[1], True),
    "another site's picture in a gallery": ({"components": [{"type": 12, "items": [ELSEWHERE]}]}, PNG[1], False),
    "a thumbnail": ({"components": [section("cat.png")]}, PNG[1], False),
    "a hidden thumbnail": ({"components": [section("cat.png", spoiler=True)]}, PNG[1], True),
    "a file": ({"components": [file("cat.png")]}, PNG[1], False),
    "a hidden file": ({"components": [file("cat.png", spoiler=True)]}, PNG[1], True),
    "in a container": ({"components": [container(section("cat.png"))]}, PNG[1], False),
    "in a hidden container": ({"components": [container(gallery("cat.png"), spoiler=True)]}, PNG[1], True),
    "a GIF of Discord's picker": ({"content": TENOR, "embeds": [GIFV]}, GIF[1], False),
    "a hidden one": ({"content": f"||{TENOR}||", "embeds": [GIFV]}, GIF[1], True),
    "a link": ({"content": "https://a.example/c", "embeds": [link("https://a.example/c")]}, PNG[1], False),
    "a hidden link": (
        {"content": "||https://a.example/c||", "embeds": [link("https://a.example/c")]},
        PNG[1],
        True,
    ),
    "a hidden link that led elsewhere": (
        {"content": "|| https://short.example/c ||", "embeds": [link("https://www.a.example/c")]},
        PNG[1],
        True,
    ),
    "a link beside a spoiler": (
        {"content": "||psst|| https://a.example/c", "embeds": [link("https://a.example/c")]},
        PNG[1],
        False,
    ),
    "bars in code": (
        {"content": "`||` https://a.example/c `||`", "embeds": [link("https://a.example/c")]},
        PNG[1],
        False,
    ),
    "bars that are escaped": (
        {"content": "\\|| https://a.example/c \\||", "embeds": [link("https://a.example/c")]},
        PNG[1],
        False,
    ),
}


@pytest.fixture
def drawn(discord: Controls, redis: Redis) -> Callable[[str], RenderRequest]:
    """What "Make ASCII" on a message puts on the queue."""

    def use(message: str) -> RenderRequest:
        discord.slash(MENU, target=message)
        return only(discord, redis)

    return use


@pytest.mark.parametrize("forwarded", [False, True], ids=["written", "forwarded"])
@pytest.mark.parametrize("case", CASES)
def test_what_a_message_shows_is_drawn(
    discord: Controls, redis: Redis, drawn: Callable[[str], RenderRequest], case: str, forwarded: bool
) -> None:
    shown, expected, hidden = CASES[case]
    named = json.dumps(shown)
    files = {name: upload for name, upload in (("p", PNG), ("g", GIF)) if upload[0] in named}
    message = discord.message(
        shown.get("content", ""), files=files, **{k: shown[k] for k in shown.keys() - {"content"}}
    )
    request = drawn(discord.message(forward=message) if forwarded else message)
    assert (stored(redis, request), request.spoiler) == (expected, hidden)
    assert not request.pictures[0].note
    still = request.pictures[0].still  # for a worker that cannot read the video
    assert (still is not None and redis.get(f"glyphcord:picture:{still}") == PNG[1]) == ("gifv" in named)


def test_without_the_moving_picture_its_still_is_drawn_with_a_note(
    discord: Controls, redis: Redis, drawn: Callable[[str], RenderRequest]
) -> None:
    for video in ({"url": NOT_OURS}, {"url": NOT_OURS, "proxy_url": "attachment://cat.txt"}):
        files = {"p": PNG, "t": ("cat.txt", b"no video", "text/plain")}
        request = drawn(discord.message(TENOR, files=files, embeds=[{**GIFV, "video": video}]))
        assert stored(redis, request) == PNG[1] and request.pictures[0].note == "only_still"
        redis.flushall()


def test_a_players_page_is_no_video(discord: Controls, redis: Redis, drawn: Callable[[str], RenderRequest]) -> None:
    player = {"type": "video", "video": {"url": "https://www.youtube.com/embed/1"}, "url": "https://youtu.be/1"}
    message = discord.message(
        "https://youtu.be/1", files={"p": PNG}, embeds=[{**link("https://youtu.be/1"), **player}]
    )
    request = drawn(message)
    assert stored(redis, request) == PNG[1] and not request.pictures[0].note


@pytest.mark.parametrize("upload", [PNG, GIF, an_apng()], ids=["png", "gif", "apng"])
@pytest.mark.parametrize("kind", ["sticker", "emoji"])
def test_stickers_and_emojis(
    discord: Controls,
    redis: Redis,
    drawn: Callable[[str], RenderRequest],
    kind: str,
    upload: tuple[str, bytes, str],
) -> None:
    assert stored(redis, drawn(discord.message(files={kind: upload}))) == upload[1]


def test_a_hidden_emoji_and_one_beside_a_picture(
    discord: Controls, redis: Redis, drawn: Callable[[str], RenderRequest]
) -> None:
    hidden = drawn(discord.message("see ||:cat:||", files={"emoji": GIF}))
    assert stored(redis, hidden) == GIF[1] and hidden.spoiler
    redis.flushall()
    message = discord.message(":cat:", files={"emoji": GIF, "p": PNG})
    assert stored(redis, drawn(message)) == PNG[1]
    redis.flushall()
    emoji = next(one["content"] for one in discord.messages() if one["id"] == message)
    words = [container({"type": 10, "content": f"an app's {emoji}"})]
    assert stored(redis, drawn(discord.message(components=words))) == GIF[1]


def test_a_lottie_sticker_is_explained(discord: Controls, redis: Redis) -> None:
    message = discord.message(files={"sticker": ("wave.json", b'{"v": "5.5.2", "layers": []}', "application/json")})
    answer = discord.wait_for_answer(discord.slash(MENU, target=message))
    assert answer["content"] == SENTENCES["lottie"] and queued(redis) == []


def untyped(name: str, data: bytes) -> tuple[str, bytes, str]:
    return name, data, "application/octet-stream"


def test_a_file_that_does_not_say_what_it_is_is_looked_into(
    discord: Controls, redis: Redis, drawn: Callable[[str], RenderRequest]
) -> None:
    tiff = io.BytesIO()
    Image.linear_gradient("L").resize((64, 48)).save(tiff, "TIFF")
    message = discord.message(files={"f": untyped("scan", tiff.getvalue())})
    assert discord.messages()[-1]["attachments"][0].get("content_type") is None
    assert stored(redis, drawn(message)) == tiff.getvalue()
    redis.flushall()
    message = discord.message(files={"f": untyped("core.bin", b"not a picture")})
    answer = discord.wait_for_answer(discord.slash(MENU, target=message))
    assert plain(answer["content"]) == SENTENCES["not_a_picture"]


@pytest.mark.parametrize("data", [b"not a picture", b""])
def test_the_latest_picture_is_not_a_file_that_turns_out_to_be_none(
    discord: Controls, redis: Redis, data: bytes
) -> None:
    with_bot = "160000000000000003"
    discord.message(files={"p": PNG}, channel=with_bot)
    discord.message(files={"f": untyped("core.bin", data)}, channel=with_bot)
    discord.message("nice :cat:", files={"emoji": GIF}, channel=with_bot)
    discord.slash("ascii", channel=with_bot)
    assert stored(redis, only(discord, redis)) == PNG[1]


def test_one_picture_in_two_places_is_one_and_hidden_if_it_is_anywhere(
    redis: Redis, discord: Controls, drawn: Callable[[str], RenderRequest]
) -> None:
    shown = [gallery("cat.png"), container(file("cat.png"), spoiler=True)]
    assert drawn(discord.message(files={"p": PNG}, components=shown)).spoiler
