"""The one registry of what can go wrong, in sentences for users; operators get code, reference and detail.

Picture problems come from `models.problems`; the rest, about the service itself, stands here. A sentence
says what happened and what to do, and never holds text from outside.
"""

import secrets
from typing import Final

from jobs import logs
from models.problems import PICTURE_SENTENCES, PictureProblem

__all__ = ["SENTENCES", "PictureProblem", "ServiceProblem", "is_interim", "new_reference", "told"]

SERVICE_SENTENCES: Final[dict[str, str]] = {
    "queue_down": "I cannot reach my drawing queue right now. Nothing was lost: please try again in a minute.",
    "store_full": "Too many pictures are waiting right now. Please try again in a few minutes.",
    "attachment_gone": "Discord no longer has that file. Please attach it again.",
    "attachment_slow": "Discord took too long to hand me that file. Please try again.",
    "attachment_failed": "Discord could not hand me that file. Please try again, or attach it again.",
    "attachment_host": "I only take files that were uploaded to Discord. Please attach the picture itself.",
    "no_picture_there": "There is no picture in that message. I can draw attachments, embedded pictures and "
    "stickers, also forwarded ones.",
    "no_picture_here": "I found no picture in the last {count} messages here. Attach one with the option `image`.",
    "cannot_look": "I may not look for pictures in this channel by myself. Attach one with the option `image`, or "
    "open a message's menu (right-click, or press and hold) and choose Apps, Make ASCII.",
    "list_gone": "That list is no longer kept. Open the message's menu and choose Make ASCII again.",
    "bad_format": "I do not know that format. Choose {names}.",
    "picture_gone": "I no longer have the original of that picture. Please run /ascii with it again.",
    "expired": "Your picture waited too long for a free worker, so I gave up on it. Please try again.",
    "cancelled": "Cancelled, as you asked. Run /ascii whenever you want another picture.",
    "gpu_full": "My graphics card has no room for that picture right now. Please try again in a minute, "
    "or with fewer columns.",
    "too_large_result": "The finished picture is larger than this server lets me upload. "
    "Please try again with fewer columns.",
    "unknown_style": "I do not know that style. There are: {names}.",
    "style_broken": "That style cannot be used right now. Please choose another one, or try again later.",
    "unknown_version": "That model has no such version. /model list shows those there are.",
    "no_history": "That model has had no other version yet, so there is nothing to go back to.",
    "reload_busy": "The workers are changing a model right now. Please wait until that is done.",
    "no_worker": "No worker is awake, so there is nothing to reload. A worker loads the weights when it starts.",
    "weights_too_large": "That file is larger than {limit_mb} MB, and no weights file may be.",
    "weights_full": "The registry of weights is full of versions that are in use. An operator can give it more "
    "room with WEIGHTS_BUDGET_MB.",
    "weights_name": "A model's name is up to 64 letters, digits, - and _. Please give the option `name`.",
    "no_permission": "I am not allowed to post here. A moderator can give me the permission "
    "to send messages and attach files.",
    "internal": "Something went wrong on my side and the picture was not drawn. Please try again; "
    "if it keeps happening, tell an admin the reference {reference}.",
    "restarting": "I am being restarted. Please send that again in a minute.",
    "not_admin": "Only this bot's admins can do that.",
    "lost": "Something broke on my side and your picture got lost on the way. Please send it again.",
    "drawing": "Drawing it in {palette}…",
    "waiting": "Waiting: {before}{about}.",
    "in_hand": "Drawing: a worker is at it.",
    "frames": "Drawing: frame {done} of {total}.",
    "blocked": "The moderators of this server have asked me not to draw for you here.",
    "wrong_channel": "On this server I draw in {channels} only.",
    "wrong_role": "On this server only members with certain roles may ask me.",
    "age_restricted_only": "On this server I draw in age-restricted channels only.",
    "bad_settings": "That is no file of settings that I have exported, or it was changed in a way I cannot read.",
    "too_many_entries": "That list is full. Please take something off it first.",
    "queue_full": "So many pictures are waiting that I take no more for now. Please come back in about {about}.",
    "in_flight": "You have {most} pictures waiting already. Please ask again once one of them is there.",
    "cooldown": "That was quick. Please ask for your next picture in {about}.",
    "daily": "You have had your {most} pictures for today. The next day begins in {about}.",
    "server_cooldown": "This server takes a picture at a time. Please ask again in {about}.",
    "server_daily": "This server has had its {most} pictures for today. The next day begins in {about}.",
    "forgotten": "I no longer remember that picture. Please run /ascii with it again.",
    "columns_number": "Columns must be a number from 20 to 200.",
    "not_yours": "Only the person who asked for it can do that.",
    "nothing_to_cancel": "That picture is done or was cancelled already.",
    "queued_no_worker": "Queued. No worker is awake right now; your picture will appear here as soon as one is.",
}
SENTENCES: Final[dict[str, str]] = PICTURE_SENTENCES | SERVICE_SENTENCES

OURS: Final = frozenset((
    "queue_down", "store_full", "attachment_slow", "attachment_failed", "expired", "gpu_full", "lost",
    "style_broken",
))  # fmt: skip
"""Problems that an operator can do something about: their users get the reference of the log line too."""

_INTERIM: Final = tuple(
    SERVICE_SENTENCES[code].split("{")[0]
    for code in ("queued_no_worker", "drawing", "waiting", "in_hand", "frames")
)


def is_interim(content: str) -> bool:
    """Whether a message of ours promises more to come; any other sentence is its last."""
    return not content or content.startswith(_INTERIM)


def told(code: str, sentence: str, reference: str) -> str:
    """The sentence as its user reads it: with the reference, in small print, where it is of use to anybody."""
    return f"{sentence}\n-# Reference {reference}" if code in OURS else sentence


class ServiceProblem(Exception):
    """A failure of ours, by a `code` of SERVICE_SENTENCES: `str()` is for the user, `detail` for operators."""

    def __init__(self, code: str, detail: str = "", **facts: object) -> None:
        super().__init__(SERVICE_SENTENCES[code].format(**facts))
        self.code = code
        self.detail = detail


def new_reference() -> str:
    """Eight characters that stand in the user's message and in the operator's log lines alike.

    The job's own while one is at hand, so that its whole way can be found by it.
    """
    return logs.reference() or secrets.token_hex(4)
