"""What Discord demands of a poll.

https://docs.discord.com/developers/resources/poll#poll-create-request-object
"""

from typing import Any

from playground.errors import Problems, invalid_form
from playground.types import Json

MOST_ANSWERS, LONGEST_QUESTION, LONGEST_ANSWER = 10, 300, 55
DEFAULT_HOURS, MOST_HOURS = 24, 32 * 24


def check_poll(poll: Any) -> None:
    """Raise ApiError 50035 for what is no poll."""
    if not isinstance(poll, dict):
        raise invalid_form({"poll": ("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")})
    problems: Problems = {}
    _check_text(poll.get("question"), "poll/question/text", LONGEST_QUESTION, problems)
    answers = poll.get("answers")
    if not isinstance(answers, list) or not 1 <= len(answers) <= MOST_ANSWERS:
        problems["poll/answers"] = ("BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MOST_ANSWERS} in length.")
    else:
        for i, answer in enumerate(answers):
            media = answer.get("poll_media") if isinstance(answer, dict) else None
            _check_text(media, f"poll/answers/{i}/poll_media/text", LONGEST_ANSWER, problems)
    hours = poll.get("duration")
    if hours is not None and not (isinstance(hours, (int, float)) and 1 <= hours <= MOST_HOURS):  # discord.py: 1.0
        problem = f"int value should be between 1 and {MOST_HOURS}."
        problems["poll/duration"] = ("NUMBER_TYPE_MAX", problem)
    if poll.get("layout_type") not in (None, 1):
        problems["poll/layout_type"] = ("BASE_TYPE_CHOICES", "Value must be one of {1}.")
    if problems:
        raise invalid_form(problems)


def _check_text(media: Any, where: str, longest: int, problems: Problems) -> None:
    text = media.get("text") if isinstance(media, dict) else None
    if text is None:
        problems[where] = ("BASE_TYPE_REQUIRED", "This field is required")
    elif not isinstance(text, str) or not 1 <= len(text) <= longest:
        problems[where] = ("BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {longest} in length.")


def media_json(media: Json) -> Json:
    """Text and emoji of an answer as Discord shows them."""
    emoji = media.get("emoji")
    shown: Json = {"text": media["text"]}
    if isinstance(emoji, dict) and (emoji.get("id") or emoji.get("name")):
        shown["emoji"] = {"id": emoji.get("id") and str(emoji["id"]), "name": emoji.get("name")}
    return shown
