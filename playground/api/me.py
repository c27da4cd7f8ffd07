"""The bot as it sees and changes itself.

https://docs.discord.com/developers/resources/user#modify-current-user
"""

from playground.api.fields import Fields
from playground.api.routing import Call, Response, route
from playground.state.looks import LOOKS
from playground.state.seed import BOT_ID, USERS
from playground.types import Json


def me_json() -> Json:
    """The bot as it sees itself."""
    own = {"banner": LOOKS.of(f"banner:{BOT_ID}"), "accent_color": None}
    return {
        **USERS[BOT_ID].as_json(),
        **own,
        "mfa_enabled": True,
        "locale": "en-US",
        "email": None,
        "verified": True,
    }


@route("GET", "/users/@me")
def get_me(_call: Call) -> Response:
    return Response(me_json())


@route("PATCH", "/users/@me", limit=(2, 3600.0))
def patch_me(call: Call) -> Response:
    """Name, avatar and banner everywhere. A request more than Discord allows in an hour is 429, as there."""
    fields = Fields(call.body.object())
    name = fields.text("username", 2, 32)
    pictures = {key: fields.picture(key) for key in ("avatar", "banner") if key in fields}
    fields.done()
    before = me_json()
    if name is not None:
        USERS[BOT_ID].username = name
    for key, data in pictures.items():
        LOOKS.set({"avatar": "", "banner": "banner:"}[key] + BOT_ID, data)
    if me_json() != before:
        call.world.events.emit("USER_UPDATE", me_json())
        call.world.events.changed("looks", {})
    return Response(me_json())
