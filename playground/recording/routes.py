"""The control of recordings under /playground/recording."""

import base64

from aiohttp import web

from playground.control.requests import read_json
from playground.errors import ControlError
from playground.recording.pytest_file import as_zip, file_name, source_of, summary_of
from playground.recording.steps import Recording
from playground.state.world import World
from playground.types import Json

MOST_NAME = 60


class RecordingRoutes:
    def __init__(self, world: World) -> None:
        self._events = world.events

        def message(id_: str) -> Json | None:
            found = world.messages.get(id_)
            return None if found is None else world.messages.state_json(found)

        self.recording = Recording(world.events, message)
        self.recording.on_change.append(lambda: self._events.changed("recording", self._state()))

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/playground/recording", self.order),
            web.get("/playground/recording", self.look),
            web.get("/playground/recording.zip", self.download),
        ]

    async def order(self, request: web.Request) -> web.Response:
        payload = await read_json(request)
        action = payload.get("action")
        if action == "start":
            self.recording.start(str(payload.get("name") or "")[:MOST_NAME])
        elif action == "stop":
            self.recording.stop()
        elif action == "forget":
            self.recording.forget()
        else:
            raise ControlError(400, 'send {"action": "start", "name"?: of the test} or "stop" or "forget"')
        return web.json_response(self._state())

    async def look(self, request: web.Request) -> web.Response:
        """The state, and the test as it would be now, with its files as base64."""
        source, files = source_of(self.recording)
        coded = {name: base64.b64encode(data).decode() for name, data in files.items()}
        test = {"file": f"{file_name(self.recording)}.py", "test": source, "files": coded}
        return web.json_response({**self._state(), **test})

    async def download(self, request: web.Request) -> web.Response:
        """The test and its files as a ZIP."""
        if not self.recording.steps:
            raise ControlError(404, "nothing is recorded")
        disposition = f'attachment; filename="{file_name(self.recording)}.zip"'
        headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
        return web.Response(body=as_zip(self.recording), content_type="application/zip", headers=headers)

    def _state(self) -> Json:
        recording = self.recording
        steps = [{"what": step.deed.what, "says": summary_of(step)} for step in recording.steps]
        return {"recording": recording.running, "full": recording.full, "name": recording.name, "steps": steps}
