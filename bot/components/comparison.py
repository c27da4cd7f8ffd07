"""The button Compare under a result: the photo beside its page, for the one whose photo it is.

Others saw the page alone, so the photo is shown to them only when its owner says so, and a private result's never.
"""

from bot.components.ownership import is_hidden, is_theirs, request_under
from bot.render.options import OptionOverrides
from bot.render.service import RenderService
from bot.replies.interactions import Interaction
from bot.services import Services
from jobs.schema import Comparison, RenderRequest
from jobs.text.sentences import ServiceProblem


class Comparisons:
    """Answers the button, and the one under its answer that shows it to everyone."""

    def __init__(self, services: Services, render_service: RenderService) -> None:
        self._services = services
        self._render_service = render_service

    async def compare(self, interaction: Interaction, argument: str) -> None:
        """Photo and page for who asked alone; drawn as the result is, by the model as it is now."""
        request = await self._owned(interaction)
        await self._draw(interaction, request, "private" if is_hidden(interaction, request) else "shareable")

    async def share(self, interaction: Interaction, argument: str) -> None:
        """The same for everyone, on a message of its own."""
        request = await self._owned(interaction)
        if request.comparison != "shareable":
            raise ServiceProblem("not_yours", f"message={request.reply.message_id}")
        await self._draw(interaction, request, "public")

    async def _draw(self, interaction: Interaction, request: RenderRequest, comparison: Comparison) -> None:
        await self._render_service.submit(
            interaction,
            request.pictures[:1],
            OptionOverrides(),
            "button",
            private=comparison != "public",
            defaults=request.options,
            spoiler=request.spoiler,
            comparison=comparison,
        )

    async def _owned(self, interaction: Interaction) -> RenderRequest:
        """The request behind the message. Raises ServiceProblem `forgotten` or `not_your_photo`."""
        request = await request_under(self._services, interaction)
        if not (request.own and is_theirs(interaction, request)):
            raise ServiceProblem("not_your_photo", f"message={request.reply.message_id}")
        return request
