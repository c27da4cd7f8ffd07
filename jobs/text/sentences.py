"""The one registry of what can go wrong, in sentences for users; operators get code, reference and detail.

Picture problems are said in `models.sentences`; the rest, about the service itself, stands here. A sentence
says what happened and what to do, and never holds text from outside. `sentence` says it in a reader's language.
"""

import secrets
from functools import cache
from typing import Any, Final

from jobs.observability import logs
from jobs.text.translation import (
    ENGLISH,
    LANGUAGES,
    duration_in_words,
    template,
    template_count,
    translate,
    translate_count,
)
from models.problems import PictureProblem
from models.sentences import PICTURE_SENTENCES

__all__ = [
    "ONE",
    "ONLY_STILL",
    "REFERENCE",
    "SENTENCES",
    "PictureProblem",
    "ServiceProblem",
    "is_interim",
    "is_ours",
    "new_reference",
    "sentence",
    "sentence_for",
    "with_reference",
]

FAILURES: Final[dict[str, str]] = {
    "queue_down": "I cannot reach my drawing queue right now. Nothing was lost: please try again in a minute.",
    "store_full": "Too many pictures are waiting right now. Please try again in a few minutes.",
    "attachment_slow": "Downloading that file from Discord took too long. Please try again.",
    "attachment_failed": "I could not download that file from Discord. Please try again, or attach it again.",
    "expired": "Your picture waited too long for a free worker and was not drawn. Please try again.",
    "gpu_full": "My graphics card has no room for that picture right now. Please try again in a minute, "
    "or with fewer columns.",
    "no_time_left": "There was no time left to draw it. Please ask for it alone.",
    "style_broken": "That style cannot be used right now. Please choose another one, or try again later.",
    "lost": "Something broke on my side and your picture got lost on the way. Please send it again.",
}
"""What went wrong on our side. These come with the reference of their line in the log."""
UNREFERENCED: Final[dict[str, str]] = {
    "internal": "Something went wrong on my side and the picture was not drawn. Please try again; "
    "if it keeps happening, tell an admin the reference {reference}.",
    "no_style": "No style is available yet, because no worker has started.",
    "no_worker": "No worker is running, so there is nothing to reload. A worker loads the weights when it starts.",
    "weights_full": "The weights registry is full of versions that are in use. "
    "An operator can raise WEIGHTS_BUDGET_MB.",
    "restarting": "I am being restarted. Please send that again in a minute.",
}
"""Ours as well; but `internal` names its reference itself, and of the others there is nothing to look up."""
RULES: Final[dict[str, str]] = {
    "attachment_gone": "Discord no longer has that file. Please attach it again.",
    "attachment_host": "I only accept files uploaded to Discord. Please attach the picture itself.",
    "picture_gone": "I no longer have the original of that picture. Please run /ascii with it again.",
    "too_large_result": "The finished picture is larger than this server lets me upload. "
    "Please try again with fewer columns.",
    "weights_too_large": "That file is larger than {limit_mb} MB, the limit for a weights file.",
    "no_permission": "I am not allowed to post here. A moderator can give me the permission "
    "to send messages and attach files.",
    "bad_settings": "That file is not a settings export of mine, or it was changed in a way I cannot read.",
    "no_picture_there": "There is no picture in that message. I can draw attachments, embedded pictures and "
    "videos, stickers and custom emojis, also forwarded ones.",
    "lottie": "That sticker is a Lottie animation, which is not a picture, so I cannot draw it. "
    "PNG, APNG and GIF stickers work.",
    "no_picture_here": "I found no picture in the last {count} messages here. Attach one with the option `image`.",
    "cannot_look": "I cannot read the messages here, so attach a picture with the option `image`, or open a "
    "message's menu (right-click, or press and hold) and choose Apps, Make ASCII.",
    "unknown_source": "I do not know that source. Choose one of the list, or type a custom emoji.",
    "no_server": "I can see a server's icon and banner only where I am a member, and not in direct messages.",
    "no_icon": "This server has no icon.",
    "no_banner": "This server has no banner.",
    "list_gone": "That list has expired. Open the message's menu and choose Make ASCII again.",
    "bad_format": "I do not know that format. Choose {names}.",
    "cancelled": "Cancelled. Run /ascii when you want another picture.",
    "unknown_style": "I do not know that style. Choose one of: {names}.",
    "unknown_version": "That model has no such version. /model list shows the available ones.",
    "no_history": "That model has no earlier version to roll back to.",
    "reload_busy": "The workers are changing a model right now. Please wait until that is done.",
    "weights_name": "A model name has up to 64 letters, digits, - and _. Please set the option `name`.",
    "not_admin": "Only this bot's admins can do that.",
    "blocked": "The moderators of this server have asked me not to draw for you here.",
    "wrong_channel": "On this server I draw in {channels} only.",
    "wrong_role": "On this server only members with certain roles may ask me.",
    "age_restricted_only": "On this server I draw in age-restricted channels only.",
    "log_closed": "I am not allowed to write in that channel. Please let me see it and send messages there, or "
    "choose another one.",
    "too_many_entries": "That list is full. Please remove an entry first.",
    "person_full": "Your waiting pictures take up all the room that I can give one person right now. "
    "Please ask again when one of them is done.",
    "server_full": "This server's waiting pictures take up all the room that I can give one server right now. "
    "Please try again in a minute.",
    "queue_full": "The queue is full. Please try again in about {duration}.",
    "in_flight": "You already have {count} pictures waiting. Please ask again when one of them is done.",
    "cooldown": "That was quick. Please ask for your next picture in {duration}.",
    "daily": "You have reached your limit of {count} pictures a day. The next day begins in {duration}.",
    "daily_rest": "That is more than your limit of {count} a day leaves. Ask for fewer, or again in {duration}.",
    "server_cooldown": "This server must wait a little between two pictures. Please ask again in {duration}.",
    "server_daily": "This server has reached its limit of {count} pictures a day. "
    "The next day begins in {duration}.",
    "server_daily_rest": "That is more than this server's limit of {count} a day leaves. "
    "Ask for fewer, or again in {duration}.",
    "question_old": "That question is too old. Please use the command again.",
    "forgotten": "I no longer remember that picture. Please run /ascii with it again.",
    "columns_number": "Columns must be a number from 20 to 200.",
    "one_style": "There is only one style here, so there is nothing to choose from.",
    "already_taken": "One of these was taken already.",
    "not_your_photo": "Only the person who sent the photo can see it beside the page.",
    "not_yours": "Only the person who asked for it can do that.",
    "nothing_to_cancel": "That picture is already done or cancelled.",
}
"""Rules, and requests to correct: nothing failed, so there is no reference, and who asked reads it alone."""
INTERIM: Final[dict[str, str]] = {
    "drawing": "Drawing it in {palette}…",
    "drawing_light": "Drawing it in {palette} on light…",
    "drawing_dark": "Drawing it in {palette} on dark…",
    "next": "Waiting: yours is next.",
    "next_in": "Waiting: yours is next, about {duration} to go.",
    "waiting": "Waiting: {count} pictures are before yours.",
    "waiting_in": "Waiting: {count} pictures are before yours, about {duration} to go.",
    "in_hand": "Drawing: a worker is at it.",
    "worker_stopped": "The worker that was drawing it has stopped. Another one starts again within a minute.",
    "pictures": "Drawing: picture {done} of {total}.",
    "frames": "Drawing: frame {done} of {total}.",
    "queued_no_worker": "Queued. No worker is awake right now; your picture will appear here as soon as one is.",
}
"""What a message says while there is more to come."""
ONLY_STILL: Final = "only_still"
CAPTIONS: Final[dict[str, str]] = {ONLY_STILL: "I could not get the moving picture, so this is a still of it."}
"""What is said under a drawing of the way that its picture came."""
SERVICE_SENTENCES: Final[dict[str, str]] = FAILURES | UNREFERENCED | RULES | INTERIM
SENTENCES: Final[dict[str, str]] = PICTURE_SENTENCES | SERVICE_SENTENCES
ONE: Final[dict[str, str]] = {
    "waiting": "Waiting: one picture is before yours.",
    "waiting_in": "Waiting: one picture is before yours, about {duration} to go.",
    "in_flight": "You already have a picture waiting. Please ask again when it is done.",
    "daily": "You have reached your limit of one picture a day. The next day begins in {duration}.",
    "server_daily": "This server has reached its limit of one picture a day. The next day begins in {duration}.",
}
"""Sentences about `count` things, where it is one."""
REFERENCE: Final = "Reference {reference}"


def is_ours(code: str) -> bool:
    """Whether a problem is the service's fault: it stays where the picture would have been, for all to see.

    What a member did, or may not do, is nobody else's business.
    """
    return code in FAILURES or code in UNREFERENCED


def sentence(code: str, language: str = ENGLISH, /, **facts: Any) -> str:
    """A sentence of the registry in a language.

    `facts` fill its braces; `count` chooses between one and many, `seconds` become `{duration}` in words.
    """
    if "seconds" in facts:
        facts["duration"] = duration_in_words(facts["seconds"], language)
    if code in ONE:
        return translate_count(ONE[code], SENTENCES[code], facts.pop("count"), language, **facts)
    return translate(SENTENCES[code], language, **facts)


@cache
def _interim() -> tuple[str, ...]:
    """How what is said in between begins, in every language."""
    return tuple(
        {start for code in INTERIM for name in (ENGLISH, *LANGUAGES.values()) for start in starts(code, name)}
    )


def starts(code: str, language: str) -> tuple[str, ...]:
    """How a sentence may begin in a language, up to the first thing that differs from time to time."""
    text = SENTENCES[code]
    if code in ONE:
        found = {template_count(ONE[code], text, count, language) for count in (1, 2)}
    else:
        found = {template(text, language)}
    return tuple(words.split("{")[0] for words in found)


def is_interim(content: str) -> bool:
    """Whether a message of ours says that more is to come; any other sentence is its last."""
    return not content or content.startswith(_interim())


def with_reference(code: str, words: str, reference: str, language: str = ENGLISH) -> str:
    """The sentence as its user reads it: with the reference, in small print, where something of ours went wrong."""
    if code not in FAILURES:
        return words
    return f"{words}\n-# {translate(REFERENCE, language, reference=reference)}"


class ServiceProblem(Exception):
    """A failure of ours, by a `code` of SERVICE_SENTENCES; `facts` fill its sentence.

    `str()` is the sentence in English, `detail` is for operators.
    """

    def __init__(self, code: str, detail: str = "", **facts: object) -> None:
        super().__init__(sentence(code, **facts))
        self.code = code
        self.detail = detail
        self.facts = facts


def sentence_for(problem: PictureProblem | ServiceProblem, language: str) -> str:
    """What a problem's user reads."""
    return sentence(problem.code, language, **problem.facts)


def new_reference() -> str:
    """Eight characters that stand in the user's message and in the operator's log lines alike.

    The job's own while one is at hand, so that its whole way can be found by it.
    """
    return logs.reference() or secrets.token_hex(4)
