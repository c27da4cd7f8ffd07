"""What discord.py offers beyond slash commands, on the playground: selects, forms, autocomplete, menus, layouts,
forwards, stickers, direct messages and apps that people install for themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import discord.gateway
import discord.http
import pytest
import pytest_asyncio
from discord import app_commands

from playground.server import Playground
from playground.state.permissions import MANAGE_MESSAGES
from playground.state.seed import (
    ASCII_CHANNEL,
    BOT_ID,
    BOT_ROLE,
    DIRECTS,
    GENERAL_CHANNEL,
    IN_PRIVATE_CHANNEL,
    MIA_ID,
    MOD_ID,
    ROLES,
    SAM_ID,
    TOKEN,
    context_of,
)
from playground.testing import Controls, Refused
from tests.playground.bot import Bot, picture, point_at, running
from tests.playground.described import hold_against_discords_description
from tests.playground.pictures import PNG_3X2
from tests.playground.raw import eventually

MIAS = next(key for key, direct in DIRECTS.items() if direct.people == (MIA_ID, BOT_ID))
BETWEEN_PEOPLE = next(key for key in DIRECTS if context_of(key) == IN_PRIVATE_CHANNEL)
FILE = ("cat.png", PNG_3X2, "image/png")


class Choices(discord.ui.View):
    """A select menu, a menu of people, and a button that opens a form."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.select(
        custom_id="colours",
        max_values=2,
        options=[discord.SelectOption(label=name) for name in ("blue", "pink", "green")],
    )
    async def colours(self, interaction: discord.Interaction, select: discord.ui.Select[Any]) -> None:
        await interaction.response.defer()  # type 6: the message stays as it is
        await interaction.edit_original_response(content=f"colours: {', '.join(select.values)}")

    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="people")
    async def people(self, interaction: discord.Interaction, select: discord.ui.UserSelect[Any]) -> None:
        (person,) = select.values
        assert isinstance(person, discord.Member)
        await interaction.response.edit_message(content=f"person: {person.name}")

    @discord.ui.button(label="Tell", custom_id="tell")
    async def tell(self, interaction: discord.Interaction, button: discord.ui.Button[Any]) -> None:
        await interaction.response.send_modal(Tell())


class Tell(discord.ui.Modal, title="Tell us"):
    why: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Why", custom_id="why", min_length=3)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(content=f"why: {self.why.value}")


class Everything(discord.ui.Modal, title="All kinds of fields"):
    words: discord.ui.TextDisplay[Any] = discord.ui.TextDisplay("Please **fill in**")
    style: discord.ui.Label[Any] = discord.ui.Label(
        text="Style", component=discord.ui.Select(custom_id="style", options=[discord.SelectOption(label="a")])
    )
    weights: discord.ui.Label[Any] = discord.ui.Label(
        text="Weights", component=discord.ui.FileUpload(custom_id="weights")
    )
    note: discord.ui.Label[Any] = discord.ui.Label(
        text="Note", component=discord.ui.TextInput(custom_id="note", required=False)
    )
    size: discord.ui.Label[Any] = discord.ui.Label(
        text="Size",
        component=discord.ui.RadioGroup(
            custom_id="size",
            options=[discord.RadioGroupOption(label=size.title(), value=size) for size in ("big", "small")],
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(thinking=True, ephemeral=True)
        (file,) = self.weights.component.values  # type: ignore[attr-defined]
        data = await file.read()
        size = self.size.component.value  # type: ignore[attr-defined]
        style = self.style.component.values[0]  # type: ignore[attr-defined]
        await interaction.edit_original_response(content=f"{file.filename} {len(data)} {style} {size}")


class Card(discord.ui.LayoutView):
    """Components v2."""

    def __init__(self, file: discord.File) -> None:
        super().__init__(timeout=None)
        box: discord.ui.Container[Any] = discord.ui.Container(accent_colour=0xFF00AA)
        again: discord.ui.Button[Any] = discord.ui.Button(label="Again", custom_id="card")
        again.callback = self.again  # type: ignore[method-assign]
        box.add_item(discord.ui.Section("## A card", accessory=again))
        box.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem(file)))
        box.add_item(discord.ui.Separator())
        box.add_item(discord.ui.Section("small", accessory=discord.ui.Thumbnail(file)))
        self.add_item(box)
        self.add_item(discord.ui.File(file))

    async def again(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message("again", ephemeral=True)


class Interactive(Bot):
    def __init__(self) -> None:
        super().__init__()
        self.reports: list[Any] = []
        self.tree.command(name="colour", description="Choose")(self.colour)
        self.tree.command(name="form", description="A form")(self.form)
        self.tree.context_menu(name="Look")(self.look)
        self.tree.context_menu(name="Greet")(self.greet)
        here = self.tree.command(name="here", description="Anywhere")(self.here)
        here.allowed_contexts = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
        here.allowed_installs = app_commands.AppInstallationType(guild=True, user=True)
        self.tree.get_command("ascii").guild_only = True  # type: ignore[union-attr]

    async def colour(self, interaction: discord.Interaction, name: str) -> None:
        await interaction.response.send_message(name)

    async def form(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Everything())

    async def look(self, interaction: discord.Interaction, message: discord.Message) -> None:
        self.reports.append(message)
        await interaction.response.send_message("seen")

    async def greet(self, interaction: discord.Interaction, user: discord.Member) -> None:
        await interaction.response.send_message(f"hello {user.name}")

    async def here(self, interaction: discord.Interaction) -> None:
        self.reports.append(interaction)
        await interaction.response.defer(thinking=True)
        await interaction.edit_original_response(content="here", attachments=[picture("h.png")])

    async def on_message(self, message: discord.Message) -> None:
        self.seen.append(("text", message.content))


async def complete_colour(interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=f"{interaction.user.name}: {current}{end}", value=end) for end in "ab"]


def complete(client: Interactive) -> Interactive:
    command = client.tree.get_command("colour")
    assert isinstance(command, app_commands.Command)
    command.autocomplete("name")(complete_colour)
    return client


@pytest_asyncio.fixture
async def bot(playground: Playground, pointed: None) -> AsyncIterator[Interactive]:
    client = complete(Interactive())
    async with running(client, TOKEN):
        yield client


def text_channel(bot: Bot) -> discord.TextChannel:
    found = bot.get_channel(int(ASCII_CHANNEL))
    assert isinstance(found, discord.TextChannel)
    return found


async def form_of(controls: Controls, used: dict[str, Any]) -> dict[str, Any]:
    """The form that answers an interaction."""
    for _ in range(200):
        if found := (await asyncio.to_thread(controls.interaction, used["interaction_id"]))["response_data"]:
            return dict(found)
        await asyncio.sleep(0.02)
    raise TimeoutError


async def test_select_menus(bot: Interactive, controls: Controls, playground: Playground) -> None:
    sent = await text_channel(bot).send("choose", view=Choices())
    message = playground.world.messages[str(sent.id)]
    await asyncio.to_thread(controls.click, message.id, "colours", values=["pink", "blue"])
    await eventually(lambda: message.content == "colours: pink, blue")
    await asyncio.to_thread(controls.click, message.id, "people", values=[SAM_ID], user=MOD_ID)
    await eventually(lambda: message.content == "person: sam")
    for values, says in (
        ([], "1 to 2 values"),
        (["red"], "no option 'red'"),
        (["pink", "pink"], "twice"),
        (["blue", "pink", "green"], "1 to 2 values"),
    ):
        with pytest.raises(Refused, match=says):
            await asyncio.to_thread(controls.click, message.id, "colours", values=values)


async def test_a_button_opens_a_form_that_changes_its_message(
    bot: Interactive, controls: Controls, playground: Playground
) -> None:
    sent = await text_channel(bot).send("press", view=Choices())
    used = await asyncio.to_thread(controls.click, str(sent.id), "tell")
    assert (await form_of(controls, used))["title"] == "Tell us"
    for words, says in (("", "must be filled in"), ("no", "3 to 4000")):
        with pytest.raises(Refused, match=says):
            await asyncio.to_thread(controls.modal, used["interaction_id"], {"why": words})
    with pytest.raises(Refused, match="no field"):
        await asyncio.to_thread(controls.modal, used["interaction_id"], {"who": "me"})
    await asyncio.to_thread(controls.modal, used["interaction_id"], {"why": "because"})
    await eventually(lambda: playground.world.messages[str(sent.id)].content == "why: because")


async def test_a_form_with_every_kind_of_field(bot: Interactive, controls: Controls) -> None:
    used = await asyncio.to_thread(controls.slash, "form")
    await form_of(controls, used)
    values = {"style": ["a"], "size": "big"}
    with pytest.raises(Refused, match="'weights' takes 1 to 1"):
        await asyncio.to_thread(controls.modal, used["interaction_id"], values)
    sent = await asyncio.to_thread(
        controls.modal, used["interaction_id"], values, files={"weights": ("w.bin", b"12345", "x/y")}
    )
    answer = await asyncio.to_thread(controls.wait_for_answer, sent)
    assert (answer["content"], answer["ephemeral_to"]) == ("w.bin 5 a big", MIA_ID)


async def test_autocomplete(bot: Interactive, controls: Controls) -> None:
    used = await asyncio.to_thread(controls.autocomplete, "colour", "name", {"name": "x"}, user=MOD_ID)
    choices = (await form_of(controls, used))["choices"]
    assert choices == [{"name": "mod: xa", "value": "a"}, {"name": "mod: xb", "value": "b"}]


async def test_a_menu_command_sees_forwards_stickers_and_embeds(
    bot: Interactive, controls: Controls, playground: Playground
) -> None:
    original = await asyncio.to_thread(controls.message, "first", files={"f": FILE})
    forward = await asyncio.to_thread(controls.message, forward=original)
    await asyncio.to_thread(controls.delete_message, original)  # a forward outlives what it shows
    sticker = await asyncio.to_thread(controls.message, files={"sticker": FILE})
    link = {"type": "image", "url": "https://example.org/cat.png", "thumbnail": {"url": "attachment://cat.png"}}
    embed = await asyncio.to_thread(controls.message, "see", embeds=[link], files={"f": FILE})
    for target in (forward, sticker, embed):
        used = await asyncio.to_thread(controls.slash, "Look", target=target)
        await asyncio.to_thread(controls.wait_for_answer, used)
    forwarded, stuck, linked = bot.reports
    (snapshot,) = forwarded.message_snapshots
    assert snapshot.content == "first" and forwarded.reference.type is discord.MessageReferenceType.forward
    assert await snapshot.attachments[0].read() == PNG_3X2
    assert stuck.stickers[0].format is discord.StickerFormatType.png
    assert await stuck.stickers[0].read() == PNG_3X2
    assert (await stuck.stickers[0].fetch()).name == "cat"
    assert not linked.attachments and linked.embeds[0].type == "image"
    picture_at = linked.embeds[0].thumbnail
    assert picture_at.width == 3
    assert await asyncio.to_thread(controls.fetch, picture_at.proxy_url) == PNG_3X2


def show_pictures(controls: Controls, channel: str) -> list[str]:
    """Messages as other apps and Discord's picker make them: components, a proxied GIF, a sticker, an emoji."""
    thumbnail = {"type": 11, "media": {"url": "attachment://cat.png"}, "spoiler": True}
    elsewhere = {"url": "https://example.org/dog.png", "proxy_url": "attachment://dog.png"}
    components: list[Any] = [
        {"type": 12, "items": [{"media": elsewhere}, {"media": {"url": "attachment://cat.png"}, "spoiler": True}]},
        {
            "type": 17,
            "components": [
                {"type": 9, "components": [{"type": 10, "content": "words"}], "accessory": thumbnail},
                {"type": 13, "file": {"url": "attachment://cat.png"}},
            ],
        },
    ]
    video = {"url": "https://media.tenor.com/1/cat.mp4", "proxy_url": "attachment://cat.png"}
    gifv = {"type": "gifv", "url": "https://tenor.com/view/cat-1", "video": video}
    files = {"a": FILE, "b": ("dog.png", PNG_3X2, "image/png")}
    shown = [
        controls.message(files=files, components=components, channel=channel),
        controls.message("https://tenor.com/view/cat-1", files={"a": FILE}, embeds=[gifv], channel=channel),
        controls.message("see :cat:", files={"emoji": FILE}, channel=channel),
        controls.message(files={"sticker": ("wave.json", b"{}", "application/json")}, channel=channel),
    ]
    return [*shown, controls.message(forward=shown[0], channel=channel)]


async def test_pictures_are_where_other_apps_and_the_picker_have_them(
    bot: Interactive, controls: Controls, playground: Playground
) -> None:
    for target in await asyncio.to_thread(show_pictures, controls, ASCII_CHANNEL):
        used = await asyncio.to_thread(controls.slash, "Look", target=target)
        await asyncio.to_thread(controls.wait_for_answer, used)
    layout, moving, emoji, lottie, forward = bot.reports
    for components in (layout.components, forward.message_snapshots[0].components):
        gallery, container = components
        assert [item.spoiler for item in gallery.items] == [False, True]
        assert gallery.items[0].media.url == "https://example.org/dog.png"
        section, file = container.children
        assert section.accessory.spoiler and not container.spoiler and file.name == "cat.png"
        for media in (gallery.items[0].media, gallery.items[1].media, section.accessory.media, file.media):
            assert await asyncio.to_thread(controls.fetch, media.proxy_url) == PNG_3X2
    assert not layout.attachments and layout.flags.components_v2
    (embed,) = moving.embeds
    assert (embed.type, embed.video.url) == ("gifv", "https://media.tenor.com/1/cat.mp4")
    assert embed.video.proxy_url.endswith("/https/media.tenor.com/1/cat.mp4")
    found = discord.PartialEmoji.from_str(emoji.content.split()[1])
    address = f"{controls.url}/emojis/{found.id}.png"
    assert found.name == "cat" and await asyncio.to_thread(controls.fetch, address) == PNG_3X2
    assert lottie.stickers[0].format is discord.StickerFormatType.lottie


async def test_people_and_the_server_have_pictures(
    bot: Interactive, controls: Controls, playground: Playground
) -> None:
    guild = bot.guilds[0]
    assert guild.icon is None
    for of in ("icon", "banner", "user", "member"):
        await asyncio.to_thread(controls.look, of, FILE)
    await eventually(lambda: bot.guilds[0].icon is not None and bot.guilds[0].banner is not None)
    member = await guild.fetch_member(int(MIA_ID))
    assert member.avatar is not None and member.guild_avatar is not None
    for asset in (guild.icon, guild.banner, member.avatar, member.guild_avatar):
        assert asset is not None
        path = asset.url.removeprefix(discord.asset.Asset.BASE)
        assert await asyncio.to_thread(controls.fetch, f"{controls.url}{path}") == PNG_3X2
    with pytest.raises(Refused):
        await asyncio.to_thread(controls.look, "moon", FILE)
    for of in ("icon", "banner", "user", "member"):
        await asyncio.to_thread(controls.look, of)
    assert (await guild.fetch_member(int(MIA_ID))).avatar is None
    assert (await asyncio.to_thread(controls.fetch, f"{controls.url}/embed/avatars/3.png")).startswith(b"\x89PNG")


async def test_the_bot_forwards(bot: Interactive, playground: Playground) -> None:
    sent = await text_channel(bot).send("look", file=picture("a.png"))
    general = bot.get_channel(int(GENERAL_CHANNEL))
    assert isinstance(general, discord.TextChannel)
    copy = await sent.forward(general)
    assert copy.message_snapshots[0].content == "look" and copy.flags.forwarded
    again = await general.fetch_message(copy.id)
    assert again.message_snapshots[0].attachments[0].filename == "a.png"


async def test_a_users_menu(bot: Interactive, controls: Controls) -> None:
    used = await asyncio.to_thread(controls.slash, "Greet", target=SAM_ID)
    assert (await asyncio.to_thread(controls.wait_for_answer, used))["content"] == "hello sam"


async def test_a_layout_of_components(bot: Interactive, controls: Controls) -> None:
    file = picture("card.png")
    sent = await text_channel(bot).send(view=Card(file), file=file)
    assert sent.flags.components_v2 and not sent.attachments
    used = await asyncio.to_thread(controls.click, str(sent.id), "card")
    answer = await asyncio.to_thread(controls.wait_for_answer, used)
    assert (answer["content"], answer["ephemeral_to"]) == ("again", MIA_ID)
    box, whole = (await sent.fetch()).components
    assert isinstance(whole, discord.FileComponent) and (whole.name, whole.size) == ("card.png", len(PNG_3X2))
    assert isinstance(box, discord.Container) and isinstance(box.children[1], discord.MediaGalleryComponent)
    assert await asyncio.to_thread(controls.fetch, box.children[1].items[0].media.url) == PNG_3X2


async def test_direct_messages_with_the_bot(bot: Interactive, controls: Controls) -> None:
    used = await asyncio.to_thread(controls.slash, "here", channel=MIAS)
    answer = await asyncio.to_thread(controls.wait_for_answer, used)
    (interaction,) = bot.reports
    assert interaction.context.dm_channel and interaction.guild is None and str(interaction.user.id) == MIA_ID
    assert interaction.is_user_integration()
    assert answer["attachments"][0]["filename"] == "h.png" and "guild_id" not in answer
    await asyncio.to_thread(controls.message, "psst", channel=MIAS)
    await eventually(lambda: "psst" in bot.events("text"))  # no content intent is needed there
    mia = await bot.fetch_user(int(MIA_ID))
    sent = await mia.send("hello you", file=picture("d.png"))
    assert str(sent.channel.id) == MIAS
    await sent.edit(content="hello")
    await asyncio.to_thread(controls.react, answer["id"])
    await sent.add_reaction("🩷")
    history = [m.content async for m in sent.channel.history(limit=5)]
    assert history == ["hello", "psst", "here"]
    await sent.delete()
    with pytest.raises(Refused, match="not offered in direct messages"):
        await asyncio.to_thread(controls.slash, "ascii", files={"image": FILE}, channel=MIAS)
    with pytest.raises(Refused, match="takes no part"):
        await asyncio.to_thread(controls.slash, "here", channel=MIAS, user=SAM_ID)
    with pytest.raises(discord.HTTPException):
        await (await bot.fetch_user(int(BOT_ID))).create_dm()


async def test_an_app_that_people_bring_along(bot: Interactive, controls: Controls) -> None:
    """Between two people the bot sees no messages, and still answers its command by the interaction's token."""
    used = await asyncio.to_thread(controls.slash, "here", channel=BETWEEN_PEOPLE, user=SAM_ID)
    answer = await asyncio.to_thread(controls.wait_for_answer, used)
    (interaction,) = bot.reports
    assert interaction.context.private_channel and not interaction.is_guild_integration()
    assert interaction.is_user_integration() and answer["attachments"]
    with pytest.raises(discord.Forbidden) as caught:
        await bot.fetch_channel(int(BETWEEN_PEOPLE))
    assert caught.value.code == 50001
    await asyncio.to_thread(controls.message, "just us", channel=BETWEEN_PEOPLE)
    await asyncio.to_thread(controls.message, "marker", channel=MIAS)
    await eventually(lambda: "marker" in bot.events("text"))
    assert "just us" not in bot.events("text")
    with pytest.raises(Refused, match="not offered"):  # not for user installs
        await asyncio.to_thread(controls.slash, "colour", {"name": "x"}, channel=BETWEEN_PEOPLE)


async def test_many_messages_are_deleted_at_once(
    bot: Interactive, playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [await text_channel(bot).send(str(n)) for n in range(3)]
    with pytest.raises(discord.Forbidden):
        await text_channel(bot).delete_messages(sent)
    allowed = replace(ROLES[BOT_ROLE], permissions=ROLES[BOT_ROLE].permissions | MANAGE_MESSAGES)
    monkeypatch.setitem(ROLES, BOT_ROLE, allowed)
    await text_channel(bot).delete_messages(sent[:2])
    assert list(playground.world.messages) == [str(sent[2].id)]


@pytest.mark.parametrize(
    ("components", "says"),
    [
        ([{"type": 2, "style": 1, "label": "x", "custom_id": "x"}], "(1,)"),
        ([{"type": 1, "components": []}], "between 1 and 5"),
        ([{"type": 1, "components": [{"type": 2, "style": 1, "label": "x"}]}], "between 1 and 100"),
        ([{"type": 1, "components": [{"type": 2, "style": 1, "custom_id": "x"}]}], "required"),
        ([{"type": 1, "components": [{"type": 2, "style": 5, "label": "x"}]}], "well formed"),
        ([{"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "x"}] * 2}], "duplicated"),
        ([{"type": 1, "components": [{"type": 3, "custom_id": "x", "options": []}]}], "between 1 and 25"),
        ([{"type": 1, "components": [{"type": 4, "custom_id": "x"}]}], "one of (2, 3"),
        ([{"type": 1, "components": ["x"]}], "required"),
    ],
)
async def test_components_that_discord_does_not_take(
    playground: Playground, bot: Interactive, components: list[Any], says: str
) -> None:
    with pytest.raises(discord.HTTPException) as caught:
        await bot.http.request(
            discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=ASCII_CHANNEL),
            json={"content": "x", "components": components},
        )
    assert caught.value.code == 50035 and says in str(caught.value)


async def test_all_this_stands_up_to_discords_own_description(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "exchange.jsonl"
    async with Playground(record=record) as playground:
        monkeypatch.setattr(discord.http.Route, "BASE", "")
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", "")
        point_at(playground.url)
        controls = Controls(playground.url)
        async with running(complete(Interactive()), TOKEN) as bot:
            assert isinstance(bot, Interactive)
            await _use_everything(bot, controls, playground)
    await hold_against_discords_description(record)


async def _use_everything(bot: Interactive, controls: Controls, playground: Playground) -> None:
    def at(call: Any, *arguments: Any, **named: Any) -> Any:
        return asyncio.to_thread(call, *arguments, **named)

    sent = await text_channel(bot).send("choose", view=Choices())
    message = playground.world.messages[str(sent.id)]
    await at(controls.click, message.id, "colours", values=["pink"])
    await eventually(lambda: message.content == "colours: pink")
    await at(controls.click, message.id, "people", values=[SAM_ID])
    await eventually(lambda: message.content == "person: sam")
    told = await at(controls.click, message.id, "tell")
    await form_of(controls, told)
    await at(controls.modal, told["interaction_id"], {"why": "because"})
    await eventually(lambda: message.content == "why: because")
    form = await at(controls.slash, "form")
    await form_of(controls, form)
    values = {"style": ["a"], "size": "big"}
    done = await at(controls.modal, form["interaction_id"], values, files={"weights": ("w.bin", b"12", "x/y")})
    await at(controls.wait_for_answer, done)
    await form_of(controls, await at(controls.autocomplete, "colour", "name", {"name": "x"}))
    sticker = await at(controls.message, files={"sticker": FILE})
    for place in (MIAS, BETWEEN_PEOPLE):
        await at(controls.wait_for_answer, await at(controls.slash, "here", channel=place))
    await at(controls.wait_for_answer, await at(controls.slash, "Greet", target=SAM_ID))
    await at(controls.wait_for_answer, await at(controls.slash, "Look", target=sticker))
    await bot.reports[-1].stickers[0].fetch()
    file = picture("card.png")
    card = await text_channel(bot).send(view=Card(file), file=file)
    await at(controls.wait_for_answer, await at(controls.click, str(card.id), "card"))
    mia = await bot.fetch_user(int(MIA_ID))
    private = await mia.send("hello", file=picture("d.png"))
    await bot.fetch_channel(private.channel.id)
    general = bot.get_channel(int(GENERAL_CHANNEL))
    assert isinstance(general, discord.TextChannel)
    copy = await sent.forward(general)
    await general.fetch_message(copy.id)
    assert [m.id async for m in general.history(limit=5)] == [copy.id]
    await at(show_pictures, controls, MIAS)
    await at(controls.look, "user", FILE)
    assert [shown async for shown in private.channel.history(limit=6)]
    await at(controls.look, "user")
    with pytest.raises(discord.Forbidden):
        await general.delete_messages([copy, sent])
