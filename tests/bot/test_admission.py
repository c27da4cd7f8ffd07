"""Who is admitted when the queue is full, against a real Redis."""

import time

import pytest
from redis import Redis

from bot.render.admission import Admission, Asker
from bot.services import Services
from bot.settings import BotSettings
from jobs.lifecycle.quota import QuotaLimits
from jobs.rq_adapter.queue import enqueue
from jobs.text.sentences import ServiceProblem
from tests.jobs.requests import a_request


def test_a_full_queue_turns_away_new_jobs_and_not_the_one_that_filled_it(redis: Redis, redis_url: str) -> None:
    """A second bot, or one that takes a click over, asks again for a job that is on the queue already."""
    settings = BotSettings(discord_token="a-token", redis_url=redis_url)  # type: ignore[arg-type]
    admission = Admission(Services.open(settings), QuotaLimits(), queue_limit=1)

    def ask(job_id: str) -> None:
        admission.check(Asker(job_id=job_id, user_id="5", guild_id=None, until=time.time() + 60))

    request = a_request()
    ask(request.job_id)
    assert enqueue(redis, request)
    ask(request.job_id)
    with pytest.raises(ServiceProblem) as refused:
        ask("another")
    assert refused.value.code == "queue_full"
