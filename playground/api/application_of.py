"""The application of a path."""

from playground.api.routing import Call
from playground.errors import unknown
from playground.state.seed import APPLICATION_ID


def check_application(call: Call) -> None:
    """Raises ApiError 10002 for another application than the bot's own."""
    if call.params["application_id"] != APPLICATION_ID:
        raise unknown(10002)
