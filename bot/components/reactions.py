"""A reaction on a result of ours: the same picture in another palette, as one reply however many people click.

The raw event and what Redis remembers are all that is needed, so this works for messages from before a restart.
"""

import asyncio
import logging
from dataclasses import replace
from typing import Final

import discord
from discord.ext import commands

from bot.components.reaction_click import Looks, click_of, is_new
from bot.components.reaction_reply import Opening, Overtaken, find_deleted, make_reply
from bot.gateway.retries import code_of
from bot.observability.moderation_log import ModerationLog
from bot.render.admission import Admission, Asker
from bot.render.begun import DEADLINE_S
from bot.replies.errors import failure_from, report
from bot.replies.interactions import UNDELIVERED, InFlight
from bot.replies.messages import Seen
from bot.replies.pending import REDIS_LOST, PendingReplies
from bot.services import Services
from jobs import clock
from jobs.connection import REDIS_DOWN, REDIS_FULL
from jobs.lifecycle.job import PendingReply
from jobs.lifecycle.reactions import Attempt
from jobs.observability import logs
from jobs.observability.logs import describe_error
from jobs.pictures import Hold
from jobs.routes import Route, Verdict, interpret
from jobs.schema import Click, RenderRequest, RenderResult, Reply
from jobs.text.sentences import ServiceProblem
from jobs.text.translation import language_of

log = logging.getLogger(__name__)

UPLOAD_LIMIT: Final = 10 * 2**20
"""What any server takes, in bytes, for a server that is not in the client's cache."""

MARGIN_S: Final = 5.0
"""A claim's last seconds: time for what is under way to arrive."""


class NotKnownYet(Exception):
    """A message too young to be forgotten: a fail-over may have lost it, and its bot will say again whose it is."""


async def answer_click(
    client: discord.Client,
    services: Services,
    admission: Admission,
    pending: PendingReplies,
    click: Click,
    *,
    moderation_log: ModerationLog,
) -> ServiceProblem | None:
    """Create the reply and enqueue its job, if this reaction asks for one and is the first to do so.

    Returns the reason if who clicked may not have a picture now, or the bot may not post one there.
    """
    where = f"message={click.message_id} user={click.user_id} look={click.look}"
    if not clock.is_known():
        pending.clicks.append(click)  # the reaper's first round with Redis dates it
        return None
    try:
        deleted = await find_deleted(client, services, click)
        opening = await asyncio.to_thread(_open, services, admission, click, deleted)
        if opening is not None:
            await _reply(client, services, pending, click, opening, moderation_log=moderation_log, where=where)
    except REDIS_LOST as error:
        # Nobody has been told anything, so there is nothing to take back: it is tried again with Redis.
        log.warning("reaction waits for redis %s detail=%r", where, describe_error(error))
        pending.clicks.append(click)
    except NotKnownYet:
        log.info("reaction to a message that is not known yet %s", where)
        pending.clicks.append(click)
    except ServiceProblem as problem:
        log.info("reaction refused %s code=%s", where, problem.code)
        return problem
    except Exception as error:
        report(failure_from(error), error, where)
    return None


def _open(services: Services, admission: Admission, click: Click, deleted: str | None) -> Opening | None:
    """Raises ServiceProblem when who clicked may not have a picture now; the next click is then tried afresh.

    Raises NotKnownYet for a message that may be known in a moment.
    """
    original = services.messages.request_of(click.message_id)
    if original is None and is_new(click):
        raise NotKnownYet
    if original is None or original.reply.private:
        return None
    result = services.jobs.result_of(original.job_id)
    # No result yet: the picture may be on the message a moment before the worker has written that down.
    if result is not None and result.outcome != "posted":
        return None
    paper = original.options.background
    if paper == "auto":  # else the result may tell of another variant's paper than that of the one taken
        paper = (result and result.background) or paper
    if original.options.palette == click.palette and click.background in (None, paper):
        return None
    if click.user_id != original.user_id and not services.guilds.get(click.guild_id).others_may_react:
        raise ServiceProblem("not_yours", f"message={click.message_id}")
    attempt = services.reactions.take(click, deleted=deleted)
    if attempt is None:
        return None
    stored = services.pictures.present(original.shas)
    hold = Hold(attempt.job_id, click.user_id, click.guild_id, clock.now() + DEADLINE_S)
    try:
        # For those alone that can be drawn; where none can, for the answer that says so, until it is there.
        settings = admission.check(_asker(attempt, click, max(1, len(stored))))
        stills = [one.still for one in original.pictures if one.sha in stored and one.still is not None]
        held = services.pictures.hold([*stored, *stills], hold)
    except ServiceProblem:
        services.reactions.release(attempt, click, again=False)
        services.jobs.refund(attempt.job_id)
        raise
    if settings.spoiler:
        original = original.model_copy(update={"spoiler": True})
    kept = tuple(one for one in original.pictures if one.sha in held)
    return Opening(attempt, original, kept, settings, awake=bool(services.fleet.serving()))


def _asker(attempt: Attempt, click: Click, pictures: int) -> Asker:
    return Asker(
        job_id=attempt.job_id,
        user_id=click.user_id,
        guild_id=click.guild_id,
        until=clock.now() + DEADLINE_S,
        channel_ids=frozenset(filter(None, (click.channel_id, click.parent_id))),
        role_ids=frozenset(click.role_ids),
        age_restricted=click.age_restricted,
        pictures=pictures,
    )


async def _reply(
    client: discord.Client,
    services: Services,
    pending: PendingReplies,
    click: Click,
    opening: Opening,
    *,
    moderation_log: ModerationLog,
    where: str,
) -> None:
    """Raises ServiceProblem `no_permission` where the bot may not post."""
    reactions, attempt = services.reactions, opening.attempt
    try:
        # What is not sent by then is not sent at all: another process may be answering.
        async with asyncio.timeout(max(0.0, (attempt.held_until or 0.0) - MARGIN_S - clock.now())):
            made = await make_reply(client, services, click, opening)
    except Overtaken:
        log.info("reaction overtaken %s", where)
        return
    except (*UNDELIVERED, TimeoutError) as error:
        match _verdict(error):
            case Verdict.FORBIDDEN | Verdict.GONE:
                # The claim is left to run out, so that clicking on cannot pile up refused requests.
                log.warning("no reply %s code=no_permission detail=%s", where, describe_error(error))
                await asyncio.to_thread(reactions.release, attempt, click, again=False, until=attempt.held_until)
                await asyncio.to_thread(services.jobs.refund, attempt.job_id)
                raise ServiceProblem("no_permission", f"message={click.message_id}") from error
            case Verdict.TROUBLE | Verdict.CLOSED:
                # Discord may have made the reply although its answer was lost; the same nonce finds it again.
                log.warning("no reply yet %s detail=%s", where, describe_error(error))
                await asyncio.to_thread(reactions.release, attempt, click, again=True)
                pending.clicks.append(click)  # in a fail-over Redis may lose what it was just given back
            case _:
                await asyncio.to_thread(reactions.release, attempt, click, again=False)
                await asyncio.to_thread(services.jobs.refund, attempt.job_id)
                raise
        return
    reply_id = made.reply_id
    if made.shows is Seen.SENTENCE:
        # The bot before us has said why there is no picture. The next click finds this attempt ended.
        result = RenderResult(job_id=attempt.job_id, outcome="failed", code="told_before", finished_at=clock.now())
        await asyncio.to_thread(services.jobs.finish, result)
    if made.shows is not Seen.UNFILLED or not opening.kept:
        await asyncio.to_thread(reactions.settle, attempt, reply_id)
        if not opening.kept:
            await asyncio.to_thread(services.jobs.refund, attempt.job_id)
        return
    guild = client.get_guild(int(click.guild_id)) if click.guild_id else None
    request = _request(guild, click, opening, reply_id)
    logs.bind(attempt.job_id)
    waiting = PendingReply(
        job_id=attempt.job_id, reply=request.reply, since=click.at, deadline_at=request.deadline_at
    )
    async with pending.track(waiting, where) as tracked:
        tracked.shared = attempt.takes > 1
        await pending.write_down(tracked)
        await pending.send(tracked, request)
        readers = language_of(guild.preferred_locale.value if guild else None)
        moderation_log.post_request(opening.settings, request, readers)
        log.info("reaction %s reply=%s job=%s workers=%s", where, reply_id, attempt.job_id, opening.awake)
    try:
        # After a failure too: the next click finds that the job has failed, and begins the next attempt.
        await asyncio.to_thread(reactions.settle, attempt, reply_id)
    except REDIS_FULL:
        await asyncio.to_thread(reactions.forget, attempt)
    except REDIS_DOWN as error:
        log.info("not settled %s detail=%r", where, describe_error(error))  # the claim runs out by itself


def _verdict(error: BaseException) -> Verdict:
    """What an error says about replies to that message."""
    if not isinstance(error, discord.HTTPException):
        return Verdict.TROUBLE
    return interpret(Route.BOT, error.status, code_of(error))


def _request(guild: discord.Guild | None, click: Click, opening: Opening, reply_id: str) -> RenderRequest:
    original, now = opening.original, clock.now()
    paper = click.background or original.options.background
    return RenderRequest(
        job_id=opening.attempt.job_id,
        origin="reaction",
        pictures=opening.kept,
        options=replace(original.options, palette=click.palette, background=paper),
        spoiler=original.spoiler,
        own=original.own and original.user_id == click.user_id,
        user_id=click.user_id,
        guild_id=click.guild_id,
        reply=Reply(
            application_id=original.reply.application_id,
            channel_id=click.channel_id,
            message_id=reply_id,
            language=opening.language,
        ),
        upload_limit=guild.filesize_limit if guild else UPLOAD_LIMIT,
        created_at=click.at,
        deadline_at=now + DEADLINE_S,
    )


class ReactionEvents(commands.Cog):
    """Answers each reaction that asks for a picture; `answer` is also for those that had to wait."""

    def __init__(
        self,
        client: discord.Client,
        services: Services,
        admission: Admission,
        pending: PendingReplies,
        in_flight: InFlight,
        *,
        moderation_log: ModerationLog,
        looks: Looks,
    ) -> None:
        self._client = client
        self._services = services
        self._admission = admission
        self._pending = pending
        self._in_flight = in_flight
        self._moderation_log = moderation_log
        self._looks = looks

    @commands.Cog.listener()
    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        user, channel = self._client.user, self._client.get_channel(payload.channel_id)
        click = click_of(payload, user.id, self._looks, channel) if user else None
        if click is None:
            return
        try:
            async with self._in_flight.track():
                await self.answer(click)
        except ServiceProblem as problem:
            log.info("reaction ignored message=%d code=%s", payload.message_id, problem.code)

    async def answer(self, click: Click) -> ServiceProblem | None:
        """The reason, if there is no picture for it now."""
        # The reaper answers one after another: what is bound for one must not stay for the next.
        with logs.bound(None):
            return await answer_click(
                self._client,
                self._services,
                self._admission,
                self._pending,
                click,
                moderation_log=self._moderation_log,
            )
