"""What commands, options and choices are called in Discord's other languages; English stands in the code."""

import discord
from discord import app_commands

from jobs.text.translation import LANGUAGES, NAME, template, translate_in

_NAMES = (
    app_commands.TranslationContextLocation.command_name,
    app_commands.TranslationContextLocation.group_name,
    app_commands.TranslationContextLocation.parameter_name,
)


class Catalogue(app_commands.Translator):
    """discord.py asks it for each text and language when the commands are registered."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The text in that language; None leaves it in English."""
        language = LANGUAGES.get(locale.value)
        if language is None:
            return None
        named = context.location in _NAMES
        return translate_in(NAME, string.message, language) if named else template(string.message, language)
