"""What Discord demands of a thread's name, times and tags.

https://docs.discord.com/developers/resources/channel#start-thread-without-message
"""

from typing import Any

from playground.errors import ApiError, Problems, invalid_form, missing_permissions
from playground.types import Json

ARCHIVE_AFTER_MINUTES = (60, 1440, 4320, 10080)
DEFAULT_ARCHIVE_AFTER = 4320
MOST_TAGS = 5
REQUIRE_TAG = 1 << 4
PINNED = 1 << 1


def check_thread(payload: Json, *, needs_name: bool) -> None:
    """Raise ApiError 50035 for a field of a new or changed thread that Discord would refuse."""
    problems: Problems = {}
    name = payload.get("name")
    if name is None and needs_name:
        problems["name"] = ("BASE_TYPE_REQUIRED", "This field is required")
    elif name is not None and not (isinstance(name, str) and name.strip() and len(name) <= 100):
        problems["name"] = ("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    minutes = payload.get("auto_archive_duration")
    if minutes is not None and (isinstance(minutes, bool) or minutes not in ARCHIVE_AFTER_MINUTES):
        problem = f"Value must be one of {ARCHIVE_AFTER_MINUTES}."
        problems["auto_archive_duration"] = ("BASE_TYPE_CHOICES", problem)
    pause = payload.get("rate_limit_per_user")
    if pause is not None and not (isinstance(pause, int) and 0 <= pause <= 21600):
        problems["rate_limit_per_user"] = ("NUMBER_TYPE_MAX", "int value should be between 0 and 21600.")
    for flag in ("archived", "locked", "invitable"):
        if payload.get(flag) is not None and not isinstance(payload[flag], bool):
            problems[flag] = ("BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
    flags = payload.get("flags")
    if flags is not None and (not isinstance(flags, int) or flags & ~PINNED):
        problems["flags"] = ("NUMBER_TYPE_COERCE", "Only PINNED can be set.")
    if problems:
        raise invalid_form(problems)


def chosen_tags(wanted: Any, forum: Json, *, moderates: bool) -> list[str]:
    """The ids of the tags that a post gets; `forum` is its channel object. Raises ApiError: 50035 for too many,
    10087 for an unknown one, 50013 for one that only moderators give, 40067 for none where one is needed."""
    wanted = [] if wanted is None else wanted
    if not isinstance(wanted, list) or len(wanted) > MOST_TAGS:
        raise invalid_form({"applied_tags": ("BASE_TYPE_MAX_LENGTH", f"Must be {MOST_TAGS} or fewer in length.")})
    known = {tag["id"]: tag for tag in forum.get("available_tags") or []}
    ids = list(dict.fromkeys(str(tag) for tag in wanted))
    if any(tag not in known for tag in ids):
        raise ApiError(400, 10087, "Unknown tag")
    if not moderates and any(known[tag]["moderated"] for tag in ids):
        raise missing_permissions()
    if not ids and forum["flags"] & REQUIRE_TAG:
        raise ApiError(400, 40067, "A tag is required to create a forum post in this channel")
    return ids
