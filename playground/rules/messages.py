"""What Discord demands of a message before it takes it.

https://docs.discord.com/developers/resources/message
"""

from typing import Any

from playground.errors import ApiError, invalid_form, too_large, too_long
from playground.request_body import Upload
from playground.rules.component_checks import check_components
from playground.rules.embeds import check_embeds
from playground.types import Json

(
    CROSSPOSTED,
    IS_CROSSPOST,
    SUPPRESS_EMBEDS,
    HAS_THREAD,
    EPHEMERAL,
    LOADING,
    SUPPRESS_NOTIFICATIONS,
    HAS_SNAPSHOT,
    COMPONENTS_V2,
) = (1 << 0, 1 << 1, 1 << 2, 1 << 5, 1 << 6, 1 << 7, 1 << 12, 1 << 14, 1 << 15)
SETTABLE_ON_CREATE = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2


def check_message(payload: Json, files: dict[int, Upload], *, size_limit: int, v2: bool = False) -> None:
    """Raise what Discord would raise for this body: 50035 with the field, or 40005 for a file over `size_limit`."""
    content = payload.get("content")
    if content is not None and not isinstance(content, str):
        raise invalid_form({"content": ("BASE_TYPE_BAD_STRING", "Must be a string.")})
    if len(content or "") > 2000:
        raise too_long("content", 2000)
    nonce = payload.get("nonce")
    if nonce is not None and len(str(nonce)) > 25:
        raise too_long("nonce", 25)
    if not isinstance(payload.get("message_reference") or {}, dict):
        problem = "Only dictionaries may be used in a ModelType."
        raise invalid_form({"message_reference": ("MODEL_TYPE_CONVERT", problem)})
    embeds = payload.get("embeds")
    if embeds is not None:
        check_embeds(embeds)
    flags = payload.get("flags")
    if flags is not None:
        check_flags(flags)
    v2 = v2 or bool((flags or 0) & COMPONENTS_V2)
    if v2 and (content or embeds):
        raise invalid_form(
            {
                "content": (
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    "The 'content' and 'embeds' fields cannot be used when using MessageFlags.IS_COMPONENTS_V2",
                )
            }
        )
    if payload.get("components") is not None:
        check_components(payload["components"], v2=v2)
    _check_mentions(payload.get("allowed_mentions"))
    if len(files) > 10:
        raise ApiError(400, 30015, "Maximum number of attachments in a message reached (10)")
    if any(len(upload.data) > size_limit for upload in files.values()):
        raise too_large()
    meta = payload.get("attachments")
    if meta is not None and not (isinstance(meta, list) and all(isinstance(a, dict) for a in meta)):
        raise invalid_form({"attachments": ("BASE_TYPE_BAD_LIST", "Must be a list of objects.")})


def check_flags(flags: Any) -> None:
    if not isinstance(flags, int):
        raise invalid_form({"flags": ("NUMBER_TYPE_COERCE", f'Value "{flags}" is not int.')})


def _check_mentions(allowed: Any) -> None:
    if allowed is None:
        return
    if not isinstance(allowed, dict):
        raise invalid_form({"allowed_mentions": ("MODEL_TYPE_CONVERT", "Must be an object.")})
    for key in ("parse", "users", "roles"):
        if not isinstance(allowed.get(key) or [], list):
            raise invalid_form({f"allowed_mentions/{key}": ("BASE_TYPE_BAD_LIST", "Must be a list.")})
    for key in ("users", "roles"):
        if allowed.get(key) and key in (allowed.get("parse") or []):
            problem = f"parse:['{key}'] and {key}: [ids...] are mutually exclusive."
            raise invalid_form({"allowed_mentions": ("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", problem)})
