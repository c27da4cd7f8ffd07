"""All interactions: how long each may stay unanswered, and how long its token works.

https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from collections import UserDict

from playground.errors import ApiError, unknown
from playground.state.clock import Clock
from playground.state.events import Events
from playground.state.files import Files
from playground.state.interaction import Interaction
from playground.state.messages import MOST_BYTES, Messages
from playground.state.seed import BOT_ID, place
from playground.types import Json

ACKNOWLEDGE_WITHIN_S = 3.0
TOKEN_LIVES_S = 15 * 60.0
MOST_INTERACTIONS = 20_000


class Interactions(UserDict[str, Interaction]):
    """Interactions by id."""

    def __init__(self, clock: Clock, messages: Messages, files: Files, events: Events) -> None:
        super().__init__()
        self._clock, self._messages, self._files, self._events = clock, messages, files, events
        self._tokens: dict[str, Interaction] = {}

    def open(self, interaction: Interaction) -> None:
        """Remember it; it failed when 3 s pass unanswered, or 15 min with nothing but a deferred answer."""
        self[interaction.id] = interaction
        self._tokens[interaction.token] = interaction
        while len(self) > MOST_INTERACTIONS or (self._files.size > MOST_BYTES and len(self) > 1):
            oldest = self.pop(next(iter(self)))
            del self._tokens[oldest.token]
            for key in oldest.files:
                self._files.pop(key, None)

        def give_up() -> None:
            if not interaction.acknowledged:
                interaction.failed = True
                self.tell(interaction)

        def expire() -> None:
            answer = self._messages.get(interaction.response_message_id or "")
            if answer is not None and answer.loading:
                interaction.failed = True
                self.tell(interaction)

        self._clock.at(interaction.created + ACKNOWLEDGE_WITHIN_S, give_up)
        self._clock.at(interaction.created + TOKEN_LIVES_S, expire)
        self.tell(interaction)

    def acknowledge(self, interaction_id: str, token: str) -> Interaction:
        """The interaction a callback may answer. Raises ApiError 10062 (unknown or late) or 40060."""
        interaction = self.get(interaction_id)
        if interaction is None or interaction.token != token:
            raise unknown(10062)
        if place(interaction.channel_id) is None:
            raise unknown(10003)
        if interaction.acknowledged:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if self._clock.now() - interaction.created > ACKNOWLEDGE_WITHIN_S:
            raise unknown(10062)
        return interaction

    def by_token(self, application_id: str, token: str) -> Interaction:
        """The interaction whose webhook this is. Raises ApiError 10015, or 50027 after 15 minutes."""
        interaction = self._tokens.get(token)
        if interaction is None or application_id != BOT_ID or not interaction.acknowledged:
            raise unknown(10015)
        if place(interaction.channel_id) is None:
            raise unknown(10003)
        if self._clock.now() - interaction.created > TOKEN_LIVES_S:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        return interaction

    def as_json(self, interaction: Interaction) -> Json:
        files = [self._files.as_json(self._files[key]) for key in interaction.files if key in self._files]
        return {**interaction.as_json(), "files": files}

    def tell(self, interaction: Interaction) -> None:
        self._events.changed("interaction", self.as_json(interaction))
