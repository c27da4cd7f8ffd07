"""What a body may say of a channel of the guild, by its kind.

https://docs.discord.com/developers/resources/channel#modify-channel
"""

import re
from typing import Any

from playground.api.fields import Fields, Mistake
from playground.rules.threads import ARCHIVE_AFTER_MINUTES, REQUIRE_TAG
from playground.state.channels import MOST_IN_CATEGORY, children
from playground.state.seed import ANNOUNCEMENT, CATEGORY, CHANNELS, FORUM, MEDIA, STAGE, TEXT, VOICE, Overwrite
from playground.state.snowflake import Snowflakes
from playground.types import Json

KINDS = (TEXT, VOICE, CATEGORY, ANNOUNCEMENT, STAGE, FORUM, MEDIA)
WITH_VOICE, WITH_POSTS = (VOICE, STAGE), (FORUM, MEDIA)
SLOWEST_S = 21_600
HIDE_DOWNLOADS = 1 << 15
MOST_TAGS = 20
DEFAULTS: dict[int, Json] = {
    VOICE: {"bitrate": 64_000, "user_limit": 0, "rtc_region": None},
    STAGE: {"bitrate": 64_000, "user_limit": 0, "rtc_region": None},
    FORUM: {
        "available_tags": [],
        "default_reaction_emoji": None,
        "default_sort_order": None,
        "default_forum_layout": 0,
    },
    MEDIA: {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None},
}


def written(name: str, kind: int) -> str:
    """A name as Discord keeps it: where people write, small letters and no blanks."""
    return re.sub(r"\s+", "-", name.strip()).lower() if kind in (TEXT, ANNOUNCEMENT, FORUM, MEDIA) else name.strip()


def channel_attributes(fields: Fields, kind: int, ids: Snowflakes, *, is_new: bool) -> dict[str, Any]:
    """Attributes and settings of a channel, of those that the body names; mistakes are noted in `fields`."""
    found: dict[str, Any] = {}
    if "name" in fields or is_new:
        found["name"] = written(fields.text("name", 1, 100, needed=True) or "", kind)
    if fields.body.get("position") is not None:
        found["position"] = fields.whole("position", 0, 1 << 31)
    if kind != CATEGORY:
        found |= _of_most(fields)
    if kind in WITH_VOICE:
        found |= _known(
            fields,
            bitrate=fields.whole("bitrate", 8000, 96_000),
            user_limit=fields.whole("user_limit", 0, 99 if kind == VOICE else 10_000),
            rtc_region=fields.text("rtc_region", 0, 100),
            video_quality_mode=fields.choice("video_quality_mode", (1, 2)),
        )
    else:
        found |= _of_text(fields, kind)
    if kind in WITH_POSTS:
        found |= _of_posts(fields, ids)
    return found


def _known(fields: Fields, **values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key in fields}


def _of_most(fields: Fields) -> dict[str, Any]:
    found = _known(fields, parent_id=fields.read("parent_id", _category))
    if "nsfw" in fields:
        found["nsfw"] = fields.flag("nsfw") or False
    if "rate_limit_per_user" in fields:
        found["rate_limit_per_user"] = fields.whole("rate_limit_per_user", 0, SLOWEST_S) or 0
    return found


def _of_text(fields: Fields, kind: int) -> dict[str, Any]:
    if kind == CATEGORY:
        return {}
    return _known(
        fields,
        topic=fields.text("topic", 0, 4096 if kind in WITH_POSTS else 1024),
        default_auto_archive_duration=fields.choice("default_auto_archive_duration", ARCHIVE_AFTER_MINUTES),
        default_thread_rate_limit_per_user=fields.whole("default_thread_rate_limit_per_user", 0, SLOWEST_S),
    )


def _of_posts(fields: Fields, ids: Snowflakes) -> dict[str, Any]:
    found = _known(
        fields,
        default_reaction_emoji=fields.read("default_reaction_emoji", _reaction),
        default_sort_order=fields.choice("default_sort_order", (0, 1)),
        default_forum_layout=fields.choice("default_forum_layout", (0, 1, 2)) or 0,
    )
    if "available_tags" in fields:
        tags = fields.objects("available_tags", MOST_TAGS) or []
        found["available_tags"] = [_tag(fields, tag, i, ids) for i, tag in enumerate(tags)]
    if "flags" in fields:
        found["flags"] = (fields.whole("flags", 0, 1 << 31) or 0) & (REQUIRE_TAG | HIDE_DOWNLOADS)
    return found


def _tag(fields: Fields, tag: Json, index: int, ids: Snowflakes) -> Json:
    one = Fields(tag, f"available_tags/{index}/")
    name = one.text("name", 1, 50, needed=True)
    made = {
        "id": one.snowflake("id") or ids.next(),
        "name": name,
        "moderated": one.flag("moderated") or False,
        "emoji_id": one.snowflake("emoji_id"),
        "emoji_name": one.text("emoji_name", 0, 100),
    }
    fields.problems.update(one.problems)
    return made


def _reaction(value: Any) -> Json:
    if not isinstance(value, dict):
        raise Mistake("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")
    return {"emoji_id": value.get("emoji_id"), "emoji_name": value.get("emoji_name")}


def _category(value: Any) -> str:
    parent = CHANNELS.get(str(value))
    if parent is None:
        raise Mistake("CHANNEL_PARENT_INVALID", "Category does not exist")
    if parent.kind != CATEGORY:
        raise Mistake("CHANNEL_PARENT_INVALID_TYPE", "Not a category")
    if len(children(parent.id)) >= MOST_IN_CATEGORY:
        raise Mistake("CHANNEL_PARENT_MAX_CHANNELS", "Maximum number of channels in category reached (50)")
    return parent.id


def overwrites_of(fields: Fields) -> dict[str, Overwrite] | None:
    """permission_overwrites by id; None when the body does not name them. Mistakes are noted in `fields`."""
    if "permission_overwrites" not in fields:
        return None
    found: dict[str, Overwrite] = {}
    for i, entry in enumerate(fields.objects("permission_overwrites", 100) or []):
        one = Fields(entry, f"permission_overwrites/{i}/")
        whose, overwrite = one.snowflake("id", needed=True), overwrite_of(one)
        fields.problems.update(one.problems)
        if whose is not None:
            found[whose] = overwrite
    return found


def overwrite_of(fields: Fields) -> Overwrite:
    """One overwrite. Clients of old say the type in words."""
    kind = {"role": 0, "member": 1}.get(str(fields.body.get("type")), fields.body.get("type"))
    of_member = Fields({"type": kind}).choice("type", (0, 1))
    if kind not in (None, 0, 1):
        fields.choice("type", (0, 1))
    bits = [fields.whole(key, 0, (1 << 63) - 1) or 0 for key in ("allow", "deny")]
    return Overwrite(bits[0], bits[1], of_member == 1)
