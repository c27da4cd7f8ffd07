"""`/help` and `/privacy`: what the bot does, and what it keeps of whom."""

from collections.abc import Iterable
from typing import Final

from discord import app_commands
from discord.ext import commands

from bot.commands.command_mentions import CommandIds
from bot.commands.registration import everywhere
from bot.replies.interactions import QUIET, Interaction, language
from bot.settings import BotSettings
from jobs.lifecycle.messages import KEEP_S
from jobs.server_settings import GRACE_S
from jobs.text.choices import FOCUSES, PAPERS, palette_name
from jobs.text.translation import translate

HELP: Final = {
    "title": "**I draw pictures in readable characters.**",
    "image": "• {ascii} `image:` draws the picture you attach, in its own colours.",
    "palette": "• {ascii} `image: palette:{pink} columns:120 background:{light}` draws it in other colours, "
    "larger, on white.",
    "colours": "• {ascii} `image: palette:#0000ff-#ff69b4` uses two colours of your own, from top to bottom.",
    "focus": "• {ascii} `image: focus:{subject}` draws the subject alone; other choices leave as much of the "
    "background as you like.",
    "variants": "• {ascii} `image: variants:` draws it in every style, on both papers or with more and less "
    "background; you take one.",
    "format": "• {ascii} `image: format:` gives you text for a phone or a computer, or a file.",
    "source": "• {ascii} `source:` draws your avatar, this server's icon or banner, or a custom emoji.",
    "message": "• A message's menu → Apps → **Make ASCII** draws what that message shows: GIFs, stickers, emojis "
    "and forwards too.",
    "person": "• A person's menu → Apps → **ASCII avatar** draws their avatar.",
    "reactions": "• React {reactions} to a result to get it in other colours, or use the buttons under it.",
    "private": "• GIFs stay animated. `private:True` shows the result only to you. **Cancel** stops a "
    "waiting picture.",
    "server": "Server managers choose where and for whom I draw with {settings}. What I keep: {privacy}.",
}
"""A line each."""

PRIVACY: Final = (
    "**What I keep, and for how long**\n"
    "• Pictures you ask me to draw, and that they are yours: {picture_days} days after they were last drawn at "
    "most, so that I can draw them again.\n"
    "• Which of my messages answers which request (your id, the options, the picture's fingerprint): {days} "
    "days, for the reactions and buttons under it.\n"
    "• A request that waits, with the key to its answer: until it is done, an hour at most. A list of pictures "
    "that I let you choose from: 15 minutes.\n"
    "• How many pictures you asked for: until the next day.\n"
    "• That you used a command for admins: one day. What admins change: until 500 later changes.\n"
    "• The bot's log: your id with each request, never a picture's name or address. Whoever runs me decides how "
    "long.\n"
    "I read messages only when you ask me to: the one whose menu you use and, for {ascii} without a picture, "
    "the latest ones here. I keep nothing of those. A server's settings, with whom it blocks, and log channel "
    "belong to its moderators; the settings go {grace_days} days after I have left it.\n"
    "{forget} deletes your pictures and records now and cancels what you wait for. The number of today's pictures "
    "stays until tomorrow, so do the bot's log and admins' changes; a file that somebody else has sent too stays "
    "theirs. Messages in a channel stay; **Delete** under them removes them."
)


class About(commands.Cog):
    """The two commands."""

    def __init__(self, settings: BotSettings, ids: CommandIds) -> None:
        self._settings = settings
        self._ids = ids

    @app_commands.command(name="help", description="What I can do, with examples")
    @everywhere
    async def help(self, interaction: Interaction) -> None:
        await _say(interaction, help_text(self._ids, language(interaction), self._settings.reaction_palettes))

    @app_commands.command(name="privacy", description="What I keep about you, and for how long")
    @everywhere
    async def privacy(self, interaction: Interaction) -> None:
        days, picture_days = KEEP_S // 86400, max(1, round(self._settings.picture_ttl_s / 86400))
        reader = language(interaction)
        facts = self._ids.mentions(reader) | {
            "days": str(days),
            "picture_days": str(picture_days),
            "grace_days": str(GRACE_S // 86400),
        }
        await _say(interaction, translate(PRIVACY, reader, **facts))


def help_text(ids: CommandIds, reader: str, reactions: Iterable[str]) -> str:
    """What `/help` says in a language: commands to click, choices by the names that Discord shows there."""
    facts = ids.mentions(reader) | {
        "reactions": " ".join(reactions),
        "pink": palette_name("pink", reader),
        "light": translate(PAPERS["light"], reader),
        "subject": translate(FOCUSES["1"].label, reader),
    }
    return "\n".join(translate(HELP[part], reader, **facts) for part in HELP)


async def _say(interaction: Interaction, text: str) -> None:
    await interaction.response.send_message(text, ephemeral=True, allowed_mentions=QUIET)
