"""The inspector: what passes between the bot and Discord, told to the page as it happens, and what the program
that started the playground wants shown beside it.

The playground knows nothing of the bot's insides. A program that does may POST /playground/facts now and then:
{"facts": [{"title": "Queue", "lines": [["waiting", "3"]]}], "actions": [{"id": "kill", "label": "Kill a worker"}]}.
The answer {"asked": ["kill"]} says which of its actions were pressed since.
"""

import json
import re
from typing import Any

from aiohttp import web

from playground.api.record import Recorder
from playground.control.event_stream import EventStream
from playground.control.requests import read_json
from playground.errors import ControlError
from playground.faults import Faults
from playground.gateway.connection import Frame
from playground.gateway.gateway import Gateway
from playground.state.world import World
from playground.types import Json

SHOWN = 80
MOST_TEXT = 6000
MOST_FACTS = 64 * 1024
TOKEN_IN_PATH = re.compile(r"(/(?:webhooks|interactions)/\d+/)[\w%.-]{40,}")
SECRET = re.compile(r'("token": ?")[^"]+"')


class Inspector:
    def __init__(self, world: World, gateway: Gateway, faults: Faults, recorder: Recorder) -> None:
        self.world = world
        self.gateway = gateway
        self.faults = faults
        self.recorder = recorder
        self.facts: Json = {"facts": [], "actions": []}
        self._asked: list[str] = []
        self._stream = EventStream()
        recorder.on_add.append(lambda exchange: self._tell("exchange", shown_exchange, exchange))
        gateway.on_frame.append(lambda frame: self._tell("frame", shown_frame, frame))
        faults.on_change.append(lambda: self._stream.tell("faults", self._faults()))

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/playground/inspector", self.watch),
            web.post("/playground/facts", self.post_facts),
            web.get("/playground/facts", self.get_facts),
            web.post("/playground/actions", self.ask),
        ]

    def _tell(self, what: str, shown: Any, thing: Any) -> None:
        if self._stream.watched:
            self._stream.tell(what, shown(thing))

    def _faults(self) -> Json:
        skipped = self.world.clock.skipped_s
        return {"rules": [rule.as_json() for rule in self.faults.rules], "clock_ahead_s": skipped}

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: `start` with the last of everything, then exchange, frame, faults and facts."""
        start = {
            "exchanges": [shown_exchange(exchange) for exchange in list(self.recorder.recent)[-SHOWN:]],
            "frames": [shown_frame(frame) for frame in list(self.gateway.frames)[-SHOWN:]],
            "facts": self.facts,
            **self._faults(),
        }
        return await self._stream.serve(request, ("start", start))

    async def post_facts(self, request: web.Request) -> web.Response:
        payload = await read_json(request)
        facts, actions = payload.get("facts", []), payload.get("actions", [])
        if not _are_facts(facts) or not _are_actions(actions) or len(json.dumps(payload)) > MOST_FACTS:
            raise ControlError(
                400,
                'send {"facts": [{"title": "…", "lines": [["label", "value"]]}], '
                '"actions": [{"id": "…", "label": "…", "hint": "…", "danger": true}]}, at most 64 KB',
            )
        self.facts = {"facts": facts, "actions": actions}
        self._stream.tell("facts", self.facts)
        asked, self._asked = self._asked, []
        return web.json_response({"asked": asked})

    async def get_facts(self, request: web.Request) -> web.Response:
        return web.json_response(self.facts)

    async def ask(self, request: web.Request) -> web.Response:
        """Someone presses one of the actions."""
        wanted = (await read_json(request)).get("id")
        offered = [action["id"] for action in self.facts["actions"]]
        if wanted not in offered:
            raise ControlError(404, f"there is no action {wanted!r}; there are {offered}")
        self._asked.append(wanted)
        return web.json_response({"asked": wanted})


def _are_facts(facts: Any) -> bool:
    def line(value: Any) -> bool:
        return isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value)

    return isinstance(facts, list) and all(
        isinstance(fact, dict)
        and isinstance(fact.get("title"), str)
        and isinstance(fact.get("lines"), list)
        and all(line(value) for value in fact["lines"])
        for fact in facts
    )


def _are_actions(actions: Any) -> bool:
    return isinstance(actions, list) and all(
        isinstance(action, dict) and isinstance(action.get("id"), str) and isinstance(action.get("label"), str)
        for action in actions
    )


def _short(value: Any) -> str:
    text = SECRET.sub(r'\1…"', json.dumps(value, ensure_ascii=False, indent=1))
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + f"\n… {len(text) - MOST_TEXT} characters more"


def shown_exchange(exchange: Json) -> Json:
    """One REST exchange without tokens and at a length for people."""
    multipart = exchange.get("multipart")
    sent = multipart["payload_json"] if multipart else exchange.get("json")
    return {
        "at": exchange.get("at"),
        "method": exchange["method"],
        "path": TOKEN_IN_PATH.sub(r"\1…", exchange["path"]),
        "status": exchange.get("status", exchange.get("injected_status")),
        "fault": exchange.get("fault"),
        "took_ms": exchange.get("took_ms"),
        "agent": exchange.get("headers", {}).get("user-agent", ""),
        "sent": None if sent is None else _short(sent),
        "files": [f"{part['filename']} · {part['size']} bytes" for part in multipart["parts"]] if multipart else [],
        "answer": None if exchange.get("response") is None else _short(exchange["response"]),
    }


def shown_frame(frame: Frame) -> Json:
    """One gateway payload without tokens and at a length for people."""
    try:
        payload = json.loads(frame.text)
    except ValueError:
        payload = {"op": None, "d": frame.text[:MOST_TEXT]}
    return {
        "at": frame.at,
        "from_bot": frame.from_bot,
        "op": payload.get("op"),
        "event": payload.get("t"),
        "seq": payload.get("s"),
        "bytes": len(frame.text.encode()),
        "data": None if payload.get("d") is None else _short(payload["d"]),
    }
