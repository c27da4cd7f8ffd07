"""A reaction on a result of ours: the same picture in another palette, as one reply however many people click.

The raw event and the ledger are all that is needed, so this works for messages from before a restart.
"""

import asyncio
import hashlib
import logging
import time
from dataclasses import dataclass
from typing import Final

import discord

from bot.answers import QUIET, UNDELIVERED
from bot.ascii import DEADLINE_S
from bot.problems import as_trouble, report
from bot.services import Services
from jobs.problems import SENTENCES
from jobs.schema import RenderRequest, Reply

log = logging.getLogger(__name__)

REACTION_PALETTES: Final = {"🩷": "pink", "💗": "pink", "💖": "pink"}
"""Which emoji asks for which palette."""

UPLOAD_LIMIT: Final = 10 * 2**20
"""What any server takes, in bytes, for a server that is not in the client's cache."""

_VARIATION_SELECTOR: Final = "\ufe0f"


@dataclass(frozen=True)
class Opening:
    """A claimed reaction: the request it repeats, whether its picture is still kept, whether a worker is awake."""

    original: RenderRequest
    kept: bool
    awake: bool


def palette_of(emoji: str | None) -> str | None:
    """The palette that an emoji asks for, with or without its variation selector."""
    return REACTION_PALETTES.get((emoji or "").removesuffix(_VARIATION_SELECTOR))


def is_for_us(payload: discord.RawReactionActionEvent, own_id: int) -> bool:
    """Whether a person (not a bot, not we) reacted to what may be a message of ours."""
    if payload.user_id == own_id or (payload.member is not None and payload.member.bot):
        return False
    return payload.message_author_id in (None, own_id)


def nonce_of(message_id: str, palette: str) -> str:
    """The reply's nonce: the same for every click, in Discord's 25 characters."""
    return hashlib.sha256(f"{message_id}-{palette}".encode()).hexdigest()[:24]


async def answer_reaction(
    client: discord.Client, services: Services, payload: discord.RawReactionActionEvent
) -> None:
    """Create the reply and enqueue its job, if this reaction asks for one and is the first to do so."""
    palette = palette_of(payload.emoji.name)
    if palette is None or client.user is None or not is_for_us(payload, client.user.id):
        return
    where = f"message={payload.message_id} user={payload.user_id} palette={palette}"
    try:
        opening = await asyncio.to_thread(_open, services, str(payload.message_id), palette)
        if opening is not None:
            await _reply(client, services, payload, palette, opening)
    except Exception as error:
        report(as_trouble(error), error, where)


def _open(services: Services, message_id: str, palette: str) -> Opening | None:
    ledger = services.ledger
    original = ledger.request_of(message_id)
    if original is None or original.reply.private or original.palette == palette:
        return None
    result = ledger.result_of(original.job_id)
    # No result yet: the picture may be on the message a moment before the worker has written that down.
    if result is not None and result.outcome != "posted":
        return None
    if ledger.result_of(_job_id(message_id, palette)) or not ledger.claim_reaction(message_id, palette):
        return None
    kept = services.pictures.touch(original.picture)
    return Opening(original, kept, awake=bool(services.fleet.alive()))


async def _reply(
    client: discord.Client,
    services: Services,
    payload: discord.RawReactionActionEvent,
    palette: str,
    opening: Opening,
) -> None:
    message_id = str(payload.message_id)
    claim = (message_id, palette)
    if not opening.kept:
        content = SENTENCES["picture_gone"]
    else:
        content = f"Drawing it in {palette}…" if opening.awake else SENTENCES["queued_no_worker"]
    try:
        reply = await client.get_partial_messageable(payload.channel_id, guild_id=payload.guild_id).send(
            content,
            reference=discord.MessageReference(
                message_id=payload.message_id, channel_id=payload.channel_id, guild_id=payload.guild_id,
                fail_if_not_exists=False,
            ),
            # discord.py sends enforce_nonce with it: the same nonce again gives the same message.
            nonce=nonce_of(*claim),
            allowed_mentions=QUIET,
            mention_author=False,
        )  # fmt: skip
    except (discord.Forbidden, discord.NotFound) as error:
        # The claim is left to run out, so that clicking on cannot pile up refused requests.
        log.warning("no reply message=%s code=no_permission detail=%r", message_id, error)
        return
    except UNDELIVERED:
        await asyncio.to_thread(services.ledger.release_reaction, *claim)
        raise
    try:
        if opening.kept:
            request = _request(client, payload, palette, opening.original, reply.id)
            await asyncio.to_thread(services.submit, request)
    except BaseException as error:
        await _undo(services, claim, reply, as_trouble(error).sentence)
        raise
    await asyncio.to_thread(services.ledger.settle_reaction, *claim, str(reply.id))
    log.info(
        "reaction message=%s reply=%d user=%d palette=%s kept=%s workers=%s",
        message_id, reply.id, payload.user_id, palette, opening.kept, opening.awake,
    )  # fmt: skip


async def _undo(services: Services, claim: tuple[str, str], reply: discord.Message, sentence: str) -> None:
    try:
        await reply.edit(content=sentence, allowed_mentions=QUIET)
    except UNDELIVERED as error:
        log.warning("not told message=%d detail=%r", reply.id, error)
    # Redis may be what failed; then the claim runs out by itself.
    await asyncio.to_thread(services.ledger.release_reaction, *claim)


def _job_id(message_id: str, palette: str) -> str:
    return f"{message_id}-{palette}"


def _request(
    client: discord.Client,
    payload: discord.RawReactionActionEvent,
    palette: str,
    original: RenderRequest,
    reply_id: int,
) -> RenderRequest:
    guild = client.get_guild(payload.guild_id) if payload.guild_id else None
    now = time.time()
    return RenderRequest(
        job_id=_job_id(str(payload.message_id), palette),
        origin="reaction",
        picture=original.picture,
        palette=palette,
        columns=original.columns,
        background=original.background,
        user_id=str(payload.user_id),
        guild_id=str(payload.guild_id) if payload.guild_id else None,
        reply=Reply(
            application_id=original.reply.application_id,
            channel_id=str(payload.channel_id),
            message_id=str(reply_id),
        ),
        upload_limit=guild.filesize_limit if guild else UPLOAD_LIMIT,
        created_at=now,
        deadline_at=now + DEADLINE_S,
    )
