"""One interaction, and the INTERACTION_CREATE event of it: a command used, a button pressed, a form sent.

https://docs.discord.com/developers/interactions/receiving-and-responding
"""

import base64
import secrets
from dataclasses import dataclass, field

from playground.state.clock import iso
from playground.state.guild_objects import member_json
from playground.state.guild_settings import GUILD
from playground.state.permissions import ATTACH_FILES, EMBED_LINKS
from playground.state.seed import BOT_ID, GUILD_ID, USERS, channel_json, context_of, in_guild, permissions
from playground.types import Json

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5


@dataclass
class Interaction:
    id: str
    token: str
    type: int
    user_id: str
    channel_id: str
    created: float
    data: Json
    attachment_size_limit: int
    locale: str = "en-US"  # of its user's client
    owners: Json = field(default_factory=lambda: {"0": GUILD_ID})  # authorizing_integration_owners
    command: str = ""
    message_id: str | None = None  # the message that a component sits on
    files: list[str] = field(default_factory=list)  # what the user uploaded with it
    acknowledged: bool = False
    failed: bool = False  # to its user: the application did not respond
    response_type: int | None = None
    response_message_id: str | None = None
    response_data: Json | None = None  # choices (8) or modal (9)
    followup_ids: list[str] = field(default_factory=list)
    parent: "Interaction | None" = None  # what opened the modal

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "type": self.type,
            "user_id": self.user_id,
            "channel_id": self.channel_id,
            "command": self.command,
            "created": iso(self.created),
            "message_id": self.message_id,
            "target_id": self.data.get("target_id"),
            "acknowledged": self.acknowledged,
            "failed": self.failed,
            "response_type": self.response_type,
            "response_message_id": self.response_message_id,
            "response_data": self.response_data,
            "followup_ids": self.followup_ids,
        }

    def metadata(self) -> Json:
        """interaction_metadata of the messages that answer this."""
        data: Json = {
            "id": self.id,
            "type": self.type,
            "user": USERS[self.user_id].as_json(),
            "authorizing_integration_owners": self.owners,
        }
        if self.type == COMPONENT:
            data["interacted_message_id"] = self.message_id
        if self.type == COMMAND and "target_id" in self.data:
            data["target_message_id"] = self.data["target_id"]
        if self.type == MODAL and self.parent is not None:
            data["triggering_interaction_metadata"] = self.parent.metadata()
        return data


def new_token(interaction_id: str) -> str:
    random = secrets.token_urlsafe(48)
    return base64.urlsafe_b64encode(f"interaction:{interaction_id}:{random}".encode()).decode().rstrip("=")


def event(interaction: Interaction, application_id: str, message: Json | None = None) -> Json:
    """The data of INTERACTION_CREATE."""
    channel_id = interaction.channel_id
    held = str(permissions(interaction.user_id, channel_id))
    data: Json = {
        "id": interaction.id,
        "application_id": application_id,
        "type": interaction.type,
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": channel_id,
        "channel": {**channel_json(channel_id), "permissions": held},
        "locale": interaction.locale,
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": interaction.owners,
        "context": context_of(channel_id),
        "attachment_size_limit": interaction.attachment_size_limit,
    }
    if in_guild(channel_id):
        locale = GUILD["preferred_locale"]
        data["guild_id"], data["guild_locale"] = GUILD_ID, locale
        data["guild"] = {"id": GUILD_ID, "locale": locale, "features": list(GUILD["features"])}
        data["member"] = {**member_json(interaction.user_id), "permissions": held}
        data["app_permissions"] = str(permissions(BOT_ID, channel_id))
    else:
        data["user"] = USERS[interaction.user_id].as_json()
        data["app_permissions"] = str(ATTACH_FILES | EMBED_LINKS)
    if message is not None:
        data["message"] = message
    return data
