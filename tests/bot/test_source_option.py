"""People, the server and emojis: what is drawn without an attachment."""

from collections.abc import Iterator

import pytest
from redis import Redis

from bot.commands.ascii import FILE_TYPES
from bot.render.source_option import BANNER, SOURCES, suggest_sources
from jobs.picture_check import SUFFIXES, VIDEO_SUFFIXES
from jobs.text.sentences import SENTENCES
from playground.rules.commands import FILE_GROUPS
from playground.testing import ADA_ID, MIA_ID, Controls
from tests.bot.processes import a_png, only, queued, stored
from tests.bot.test_where_pictures_are import a_gif

AVATAR = "ASCII avatar"
WITH_BOT = "160000000000000003"


@pytest.fixture(autouse=True)
def plain_looks(discord: Controls) -> Iterator[None]:
    yield
    for of in ("user", "member", "icon", "banner"):
        for user in (ADA_ID, MIA_ID):
            discord.look(of, user=user)


def test_an_avatar_is_the_servers_before_the_persons_before_discords_own(discord: Controls, redis: Redis) -> None:
    def avatar() -> bytes:
        redis.flushall()
        discord.slash(AVATAR, target=ADA_ID)
        return stored(redis, only(discord, redis))

    assert avatar() == discord.fetch(f"{discord.url}/embed/avatars/{(int(ADA_ID) >> 22) % 6}.png")
    discord.look("user", a_png(70, 70), user=ADA_ID)
    assert avatar() == a_png(70, 70)[1]
    discord.look("member", a_gif(), user=ADA_ID)
    assert avatar() == a_gif()[1]


def test_a_persons_menu_goes_the_way_of_every_request(discord: Controls, redis: Redis) -> None:
    used = discord.slash(AVATAR, target=ADA_ID)
    request = only(discord, redis)
    answer = discord.answer_to(used)
    assert answer is not None and answer["id"] == request.reply.message_id
    assert (request.origin, request.user_id) == ("menu", MIA_ID)


def test_a_moving_avatar_that_cannot_be_had_is_drawn_as_a_still(discord: Controls, redis: Redis) -> None:
    discord.look("user", a_gif(), user=ADA_ID)
    discord.fault(path=r"/cdn/avatars/.*\.gif", status=415, times=None)
    discord.slash(AVATAR, target=ADA_ID)
    assert only(discord, redis).pictures[0].note == "only_still"


def test_every_source_is_drawn(discord: Controls, redis: Redis) -> None:
    pictures = {"avatar": a_png(70, 70), "server_icon": a_gif(), "server_banner": a_png(160, 90)}
    for of, source in (("user", "avatar"), ("icon", "server_icon"), ("banner", "server_banner")):
        discord.look(of, pictures[source])
    message = discord.message("nice :cat:", files={"emoji": a_gif(40, 40)})
    emoji = next(one["content"] for one in discord.messages() if one["id"] == message).split()[1]
    for source, (_, data, _) in {**pictures, "Das Symbol des Servers": a_gif(), emoji: a_gif(40, 40)}.items():
        discord.slash("ascii", {"source": source})
        assert stored(redis, only(discord, redis)) == data, source
        redis.flushall()
    discord.slash("ascii", {"source": BANNER}, files={"image": a_png()})
    assert stored(redis, only(discord, redis)) == a_png()[1]


@pytest.mark.parametrize(
    ("source", "channel", "code"),
    [
        ("server_icon", "150000000000000001", "no_icon"),
        ("server_banner", "150000000000000001", "no_banner"),
        ("server_icon", WITH_BOT, "no_server"),
        ("moon", WITH_BOT, "unknown_source"),
        ("😀", WITH_BOT, "unknown_source"),
    ],
)
def test_what_is_not_there_is_explained(
    discord: Controls, redis: Redis, source: str, channel: str, code: str
) -> None:
    answer = discord.wait_for_answer(discord.slash("ascii", {"source": source}, channel=channel))
    assert (answer["content"], answer["ephemeral_to"]) == (SENTENCES[code], MIA_ID)
    assert queued(redis) == []


def test_sources_are_suggested_in_the_persons_language() -> None:
    assert [value for _, value in suggest_sources("")] == list(SOURCES)
    assert suggest_sources("icon") == [("The server's icon", "server_icon")]
    assert suggest_sources("Symbol", "de") == [("Das Symbol des Servers", "server_icon")]
    assert suggest_sources(" <a:cat:12> ") == [(":cat:", "<a:cat:12>")]
    unseen = suggest_sources("", unseen=True)
    assert unseen[0] == ("The latest picture in a message that mentions me", "latest")


def test_the_client_offers_every_file_that_is_drawn(discord: Controls) -> None:
    (command,) = (one for one in discord.state()["commands"] if one["name"] == "ascii")
    (image,) = (option for option in command["options"] if option["name"] == "image")
    assert image["file_types"] == FILE_TYPES and len(FILE_TYPES) <= 10
    offered = {suffix for one in FILE_TYPES for suffix in FILE_GROUPS.get(one, (one,))}
    assert offered | {".apng", ".jpe"} == SUFFIXES | VIDEO_SUFFIXES, "there are ten entries at most"
