"""What becomes of polls: votes, and their end.

https://docs.discord.com/developers/resources/poll
"""

from playground.errors import ApiError
from playground.state.clock import Clock
from playground.state.events import Events
from playground.state.message import POLL_RESULT, Message
from playground.state.messages import Messages
from playground.state.poll import Poll
from playground.state.seed import guild_part


class Polls:
    def __init__(self, clock: Clock, events: Events, messages: Messages) -> None:
        self._clock, self._events, self._messages = clock, events, messages
        messages.on_add.append(self._watch)

    def _watch(self, message: Message) -> None:
        """End a poll when its time is over."""
        poll = message.poll
        if poll is None:
            return

        def over() -> None:
            if self._messages.get(message.id) is message and not poll.ended:
                self.end(message)

        self._clock.at(poll.ends, over)

    def vote(self, message: Message, user_id: str, answers: list[int]) -> None:
        """Somebody chooses these answers, instead of what they had chosen. Raises ApiError 520001 after its end,
        50035 for an answer that there is not, or for several where one may be chosen."""
        poll = poll_of(message)
        if poll.ended:
            raise ApiError(400, 520001, "Poll expired")
        wanted = dict.fromkeys(answers)
        if any(answer not in poll.answers for answer in wanted) or (len(wanted) > 1 and not poll.many):
            raise ApiError(400, 50035, "Invalid Form Body")
        for answer in poll.answers:
            users = poll.votes.setdefault(answer, [])
            if answer in wanted and user_id not in users:
                users.append(user_id)
                self._tell("MESSAGE_POLL_VOTE_ADD", message, user_id, answer)
            elif answer not in wanted and user_id in users:
                users.remove(user_id)
                self._tell("MESSAGE_POLL_VOTE_REMOVE", message, user_id, answer)
        self._events.changed("message", self._messages.state_json(message))

    def _tell(self, event: str, message: Message, user_id: str, answer: int) -> None:
        where = {"channel_id": message.channel_id, "message_id": message.id, **guild_part(message.channel_id)}
        self._events.emit(event, {"user_id": user_id, **where, "answer_id": answer})

    def end(self, message: Message) -> None:
        """Count the votes for good, and say so in the channel. Raises ApiError 520001 when that has been done."""
        poll = poll_of(message)
        if poll.ended:
            raise ApiError(400, 520001, "Poll expired")
        poll.ended, poll.ends = True, min(poll.ends, self._clock.now())
        self._messages.updated(message)
        about = {"reference_id": message.id, "reference_channel_id": message.channel_id, "author": message.author}
        self._messages.add_system(
            message.channel_id, message.author_id, POLL_RESULT, embeds=[poll.result_embed()], **about
        )


def poll_of(message: Message) -> Poll:
    """Raises ApiError 520006 for a message that has none."""
    if message.poll is None:
        raise ApiError(400, 520006, "Cannot expire a non-poll message")
    return message.poll
