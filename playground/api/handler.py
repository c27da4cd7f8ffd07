"""What happens around every REST route: version, faults, authorization, rate limits, errors as JSON, the record.

Order as on Discord: who are you (401), how often (429), what do you want (404), may you (403), is it well
formed (400).
"""

import asyncio
import logging
import math
import re
import time
from typing import Any
from urllib.parse import unquote

from aiohttp import web

# Importing a module registers its routes.
from playground.api import (  # noqa: F401
    applications,
    audit_logs,
    bans,
    channels,
    commands,
    emojis,
    guild_channels,
    guild_reads,
    guilds,
    interactions,
    invites,
    me,
    members,
    messages,
    pins,
    polls,
    reactions,
    roles,
    scheduled_events,
    soundboard,
    stickers,
    thread_search,
    threads,
    users,
    webhooks,
)
from playground.api.limits import Limits, too_many
from playground.api.record import Recorder
from playground.api.routing import Call, Response, find_route
from playground.errors import ApiError, invalid_form, invalid_version, unauthorized
from playground.faults import Fault, Faults
from playground.gateway.gateway import Gateway
from playground.json_bytes import as_json
from playground.request_body import Body, read_body
from playground.state.world import World

log = logging.getLogger(__name__)
LATEST = "10"
VERSIONS = ("9", LATEST)
VERSIONED = re.compile(r"/api(?:/v(\d+))?(/.*)")
STATUS_TEXT = {500: "500: Internal Server Error", 502: "502: Bad Gateway", 503: "503: Service Unavailable"}


def split_version(path: str) -> tuple[str, str]:
    """The version of an address under /api and what follows it: "/api/v9/users/@me" is ("9", "/users/@me")."""
    found = VERSIONED.fullmatch(path)
    return (found[1] or LATEST, found[2]) if found else (LATEST, path)


class Api:
    """Answers every request under /api, /api/v9 and /api/v10: routes and faults see the path after that.

    All are answered as v10 is; /api alone is an older version on Discord, which clients without one in their
    addresses live with."""

    def __init__(self, world: World, gateway: Gateway, faults: Faults, recorder: Recorder) -> None:
        self.world = world
        self.gateway = gateway
        self.faults = faults
        self.recorder = recorder
        self.limits = Limits(world.clock)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        version, path = split_version(request.raw_path.split("?", 1)[0].replace("%40", "@"))
        body, problem = Body(), None
        try:
            body = await read_body(request)
        except ApiError as error:
            problem = error
        began = time.monotonic()
        exchange: dict[str, Any] = {
            "at": self.world.clock.now(),
            "method": request.method,
            "path": f"/api/v{version}{path}",
            "query": dict(request.query),
            "headers": {key.lower(): value for key, value in request.headers.items()},
            "content_type": request.content_type if body.record else None,
            **body.record,
        }
        fault = self.faults.take(request.method, path, uploads=request.content_type == "multipart/form-data")
        if fault is not None:
            exchange["fault"] = fault.as_json()
            await asyncio.sleep(fault.delay_s)
            if fault.stall:
                self.recorder.add(exchange)
                await asyncio.Event().wait()
            if fault.drop == "before":
                self.recorder.add(exchange)
                return hang_up(request)
        headers: dict[str, str] = {}
        injected = fault is not None and fault.status is not None
        try:
            if version not in VERSIONS:
                raise invalid_version()
            if injected and fault is not None:
                if fault.after:
                    self._answer(request, path, body, problem, {})
                raise _injected(fault)
            response = self._answer(request, path, body, problem, headers)
        except Exception as fail:
            refusal = fail if isinstance(fail, ApiError) else _broken(fail)
            headers.update(refusal.headers)
            response = Response(refusal.body, refusal.status)
            if injected and fault is not None and fault.body is not None:
                response = Response(fault.body, refusal.status)
        if injected:  # not what Discord's description promises, so it is not given for its answer
            exchange["injected_status"] = response.status
        elif fault is None or fault.drop != "after":
            exchange["status"], exchange["response"] = response.status, response.body
        exchange["took_ms"] = round((time.monotonic() - began) * 1000, 1)
        self.recorder.add(exchange)
        if fault is not None and fault.drop == "after":
            return hang_up(request)
        return edge_page(response, fault) if fault is not None and fault.page else _response(response, headers)

    def _answer(
        self, request: web.Request, path: str, body: Body, problem: ApiError | None, headers: dict[str, str]
    ) -> Response:
        route, params = find_route(request.method, path)
        if route.bot_only and request.headers.get("Authorization") != f"Bot {self.gateway.token}":
            raise unauthorized()
        headers.update(self.limits.spend(route.limit, route.major(params), counts_globally=route.bot_only))
        if problem is not None:
            raise problem
        call = Call(self.world, self.gateway, params, dict(request.query), body, _reason(request))
        return route.answer(call)


def _reason(request: web.Request) -> str | None:
    """Why, for the audit log: percent-encoded, at most 512 characters."""
    reason = unquote(request.headers.get("X-Audit-Log-Reason", ""))
    if len(reason) > 512:
        raise invalid_form({"reason": ("BASE_TYPE_MAX_LENGTH", "Must be 512 or fewer in length.")})
    return reason or None


def _broken(error: Exception) -> ApiError:
    """A fault of the playground's own, most likely a body odder than it foresaw."""
    log.error("a route failed", exc_info=error)
    return ApiError(500, 0, STATUS_TEXT[500])


def _injected(fault: Fault) -> ApiError:
    if fault.status == 429:
        return too_many(fault.retry_after, scope="global" if fault.is_global else "user", headers={})
    status = fault.status or 500
    return ApiError(status, 0, STATUS_TEXT.get(status, f"{status}: injected by the playground"))


def hang_up(request: web.Request) -> web.Response:
    """Cut the connection: the client sees it reset, with no answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def edge_page(response: Response, fault: Fault) -> web.Response:
    """As the edge answers: HTML, and none of the headers that come from Discord."""
    headers = {"Server": "cloudflare"}
    if fault.status == 429:
        headers["Retry-After"] = str(math.ceil(fault.retry_after))
    return web.Response(status=response.status, headers=headers, text=str(response.body), content_type="text/html")


def _response(response: Response, headers: dict[str, str]) -> web.Response:
    headers = {**headers, "Via": "1.1 google"}
    if response.status == 204:
        return web.Response(status=204, headers=headers)
    if isinstance(response.body, str):  # a fault that speaks like a proxy on the way
        return web.Response(status=response.status, headers=headers, text=response.body, content_type="text/html")
    # Set by hand: clients compare it with exactly "application/json", without a charset.
    headers["Content-Type"] = "application/json"
    return web.Response(status=response.status, headers=headers, body=as_json(response.body))
