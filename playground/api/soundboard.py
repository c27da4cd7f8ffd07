"""Sounds that everybody may play. The guild has none of its own.

https://docs.discord.com/developers/resources/soundboard
"""

from playground.api.routing import Call, Response, route

DEFAULT_SOUNDS = (("1", "quack", "🦆"), ("2", "airhorn", "🔊"), ("3", "cricket", "🦗"), ("4", "golf clap", "👏"))


@route("GET", "/soundboard-default-sounds")
def list_default_sounds(_call: Call) -> Response:
    return Response(
        [
            {"sound_id": id_, "name": name, "emoji_name": emoji, "emoji_id": None, "volume": 1.0, "available": True}
            for id_, name, emoji in DEFAULT_SOUNDS
        ]
    )
