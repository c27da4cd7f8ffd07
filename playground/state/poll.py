"""A poll as it is stored with its message.

https://docs.discord.com/developers/resources/poll
"""

from dataclasses import dataclass, field

from playground.rules.polls import DEFAULT_HOURS, check_poll, media_json
from playground.state.clock import iso
from playground.types import Json


@dataclass
class Poll:
    question: str
    answers: dict[int, Json]  # text and emoji by answer_id, which count from 1
    ends: float
    many: bool = False  # whether one person may choose several answers
    ended: bool = False
    votes: dict[int, list[str]] = field(default_factory=dict)  # answer_id -> users, in the order of their votes

    def count(self, answer_id: int) -> int:
        return len(self.votes.get(answer_id, ()))

    def as_json(self, user_id: str) -> Json:
        """The poll object as a user sees it."""
        return {
            "question": {"text": self.question},
            "answers": [{"answer_id": key, "poll_media": media} for key, media in self.answers.items()],
            "expiry": iso(self.ends),
            "allow_multiselect": self.many,
            "layout_type": 1,
            "results": {
                "is_finalized": self.ended,
                "answer_counts": [
                    {"id": key, "count": self.count(key), "me_voted": user_id in users}
                    for key, users in self.votes.items()
                    if users
                ],
            },
        }

    def result_embed(self) -> Json:
        """What the message at a poll's end says of it; without a victor where two answers have as many votes."""
        total = sum(self.count(key) for key in self.answers)
        most = max(self.count(key) for key in self.answers)
        victors = [key for key in self.answers if self.count(key) == most and total]
        said = {"poll_question_text": self.question, "victor_answer_votes": str(most), "total_votes": str(total)}
        if len(victors) == 1:
            media = self.answers[victors[0]]
            emoji = media.get("emoji") or {}
            said |= {"victor_answer_id": str(victors[0]), "victor_answer_text": media["text"]}
            said |= {"victor_answer_emoji_name": emoji["name"]} if emoji.get("name") else {}
            said |= {"victor_answer_emoji_id": emoji["id"]} if emoji.get("id") else {}
        fields = [{"name": name, "value": value, "inline": False} for name, value in said.items()]
        return {"type": "poll_result", "fields": fields}


def new_poll(body: Json | None, now: float) -> Poll | None:
    """The poll that a message's body asks for, if any. Raises ApiError 50035."""
    if body is None:
        return None
    check_poll(body)
    answers = {i: media_json(answer["poll_media"]) for i, answer in enumerate(body["answers"], 1)}
    ends = now + 3600 * int(body.get("duration") or DEFAULT_HOURS)
    return Poll(body["question"]["text"], answers, ends, bool(body.get("allow_multiselect")))
