"""A small client of the control API (standard library only)."""

import base64
import contextlib
import json
import mimetypes
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from playground.state.seed import ASCII_CHANNEL, MIA_ID
from playground.types import Json

T = TypeVar("T")
File = Path | tuple[str, bytes, str]  # a path, or (filename, bytes, content type) as someone may claim them
PINK_HEART = "🩷"
PATIENCE_S = 120.0
"""Longer than anything takes on a busy machine; only a fault makes a test wait so long."""
_STRAIGHT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Past the proxies of the environment, which do not lead to this machine."""


class Refused(Exception):
    """The playground refused a control request; `status` and `message` say why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Controls:
    """One call per control; every method raises Refused for a mistake. `user` is an id, by default mia."""

    def __init__(self, url: str, *, timeout_s: float = 30.0, password: str | None = None) -> None:
        self.url = url
        self._password = password
        self.timeout_s = timeout_s

    def slash(
        self,
        command: str,
        options: Mapping[str, object] | None = None,
        *,
        files: Mapping[str, File | list[File]] | None = None,
        user: str = MIA_ID,
        channel: str = ASCII_CHANNEL,
        declare: Mapping[str, Mapping[str, object]] | None = None,
        target: str | None = None,
        attachment_size_limit: int | None = None,
    ) -> Json:
        """Use a command ("ascii", "model reload"), or with `target` (a message id) a message menu command.

        `declare` overrides what is claimed of a file: {option: {"size", "content_type", "filename"}}."""
        payload: Json = {"command": command, "user_id": user, "channel_id": channel, "options": dict(options or {})}
        if declare:
            payload["declare"] = {name: dict(claim) for name, claim in declare.items()}
        if target is not None:
            payload["target_id"] = target
        if attachment_size_limit is not None:
            payload["attachment_size_limit"] = attachment_size_limit
        return self._object(self._upload("/playground/slash", payload, files or {}))

    def autocomplete(
        self,
        command: str,
        focused: str,
        options: Mapping[str, object] | None = None,
        *,
        user: str = MIA_ID,
        channel: str = ASCII_CHANNEL,
    ) -> Json:
        """Type into the option `focused`; the choices appear in the interaction's `response_data`."""
        payload: Json = {"command": command, "focused": focused, "options": dict(options or {})}
        payload.update(user_id=user, channel_id=channel)
        return self._object(self.request("POST", "/playground/autocomplete", payload))

    def message(
        self,
        content: str = "",
        *,
        files: Mapping[str, File] | None = None,
        user: str = MIA_ID,
        channel: str = ASCII_CHANNEL,
        reply_to: str | None = None,
        forward: str | None = None,
        embeds: list[Json] | None = None,
        components: list[Json] | None = None,
    ) -> str:
        """Someone writes a message and its id is returned. Files named "sticker" and "emoji" become such (`:name:`
        in the text is the emoji); `embeds` are what Discord makes of links (type "image", "gifv", "rich", …) and
        may, like an app's `components` of version 2, show files as attachment://name: as a url, or as the proxy_url
        of another site's."""
        payload: Json = {"content": content, "user_id": user, "channel_id": channel}
        if reply_to or forward:
            payload["message_reference"] = {"type": 1 if forward else 0, "message_id": forward or reply_to}
        if embeds:
            payload["embeds"] = embeds
        if components:
            payload["components"] = components
        return str(self._object(self._upload("/playground/message", payload, files or {}))["message_id"])

    def look(self, of: str, picture: File | None = None, *, user: str = MIA_ID) -> None:
        """Give a person another avatar (`of` "user", or "member" for the server's), or the server an "icon" or a
        "banner"; None takes it away."""
        files = {} if picture is None else {"picture": picture}
        self._upload("/playground/look", {"of": of, "user_id": user}, files)

    def delete_message(self, message_id: str) -> None:
        self.request("DELETE", "/playground/message", {"message_id": message_id})

    def react(self, message_id: str, emoji: str = PINK_HEART, *, user: str = MIA_ID) -> None:
        self.request("POST", "/playground/react", {"message_id": message_id, "emoji": emoji, "user_id": user})

    def unreact(self, message_id: str, emoji: str = PINK_HEART, *, user: str = MIA_ID) -> None:
        self.request("DELETE", "/playground/react", {"message_id": message_id, "emoji": emoji, "user_id": user})

    def click(
        self, message_id: str, custom_id: str, *, user: str = MIA_ID, values: list[str] | None = None
    ) -> Json:
        payload: Json = {"message_id": message_id, "custom_id": custom_id, "user_id": user, "values": values or []}
        return self._object(self.request("POST", "/playground/click", payload))

    def record(self, action: str, name: str = "") -> Json:
        """ "start" a recording of what people do (under the name of the test to be), "stop" or "forget" it."""
        return self._object(self.request("POST", "/playground/recording", {"action": action, "name": name}))

    def recording(self) -> Json:
        """What is recorded: "recording", "full", "name", "steps", and the "test" as Python with its "files"."""
        return self._object(self.request("GET", "/playground/recording"))

    def modal(
        self,
        interaction_id: str,
        values: Mapping[str, object],
        *,
        files: Mapping[str, File | list[File]] | None = None,
        custom_id: str | None = None,
    ) -> Json:
        """Send in a form: text, a list of values or a bool for each custom_id, and the files of file fields.

        A `custom_id` takes the place of the form's own.
        """
        payload = {"interaction_id": interaction_id, "values": dict(values), "custom_id": custom_id}
        return self._object(self._upload("/playground/modal", payload, files or {}))

    def speak(self, locale: str, *, user: str = MIA_ID) -> None:
        """From now on the person's client is in another language ("de", "zh-CN"; all begin with "en-US")."""
        self.request("POST", "/playground/locale", {"user_id": user, "locale": locale})

    def permit(self, command: str, *, user: str, allow: bool = True) -> None:
        """Server Settings, Integrations: let a person use a command whatever its default permissions are."""
        self.request("POST", "/playground/permit", {"command": command, "user_id": user, "allow": allow})

    def advance(self, seconds: float) -> None:
        self.request("POST", "/playground/clock", {"advance_s": seconds})

    def fault(self, **rule: object) -> int:
        """Order a fault (method, path, status, delay_s, drop, stall, times, for_s, body, page, after,
        retry_after).

        Returns its id."""
        return int(self.request("POST", "/playground/faults", rule)[0]["id"])

    def faults(self) -> list[Json]:
        return list(self.request("GET", "/playground/faults"))

    def clear_faults(self, number: int | None = None) -> None:
        """All of them, or the one of that id."""
        self.request("DELETE", "/playground/faults" + ("" if number is None else f"?id={number}"))

    def gateway(self, action: str, **more: object) -> int:
        """ "drop", "reconnect" (op 7), "invalid_session" (op 9), "join" (the bot is added to the guild) or "send"
        (an `event` by name with any `data`); returns how many connections it met."""
        answer = self.request("POST", "/playground/gateway", {"action": action, **more})
        return int(self._object(answer)["connections"])

    def facts(self, facts: list[Json], actions: list[Json] | None = None) -> list[str]:
        """Show facts about what runs behind the bot: [{"title": …, "lines": [[label, value]]}], and offer actions:
        [{"id", "label", "hint", "danger"}]. Returns the ids of those that people have pressed since then."""
        answer = self.request("POST", "/playground/facts", {"facts": facts, "actions": actions or []})
        return list(self._object(answer)["asked"])

    def state(self, **only: str) -> Json:
        """All there is. Whoever asks again and again gives the id of an `interaction`, for that one and its answer
        alone, or of a `channel`, for its messages alone."""
        return self._object(self.request("GET", f"/playground/state?{urllib.parse.urlencode(only)}"))

    def messages(self, channel: str = ASCII_CHANNEL) -> list[Json]:
        """A channel's messages, oldest first, ephemeral ones included."""
        return list(self.state(channel=channel)["messages"][channel])

    def interaction(self, interaction_id: str) -> Json:
        return self._object(self.state(interaction=interaction_id)["interactions"][interaction_id])

    def exchanges(self, last: int = 100) -> list[Json]:
        return list(self.request("GET", f"/playground/exchanges?last={last}"))

    def answer_to(self, used: Json) -> Json | None:
        """The message that answers an interaction started by slash or click; None while there is none.

        Where the response was deleted, its latest follow-up.
        """
        state = self.state(interaction=used["interaction_id"])
        interaction = state["interactions"][used["interaction_id"]]
        there = {message["id"]: message for message in state["messages"][used["channel_id"]]}
        ids = [interaction["response_message_id"], *reversed(interaction["followup_ids"])]
        return next((there[one] for one in ids if one in there), None)

    def wait_for_answer(self, used: Json, timeout: float = PATIENCE_S) -> Json:
        """The answer once it no longer thinks. Raises TimeoutError."""

        def settled() -> Json | None:
            answer = self.answer_to(used)
            return answer if answer is not None and not answer["loading"] else None

        return self.wait_for(settled, timeout)

    def wait_for_bot(self, timeout: float = PATIENCE_S, *, commands: bool = True) -> None:
        """Until a bot is connected and, unless told otherwise, has registered commands."""

        def ready() -> bool:
            state = self.state()
            return bool(state["sessions"] and (state["commands"] or not commands))

        self.wait_for(ready, timeout)

    @staticmethod
    def wait_for(predicate: Callable[[], T | None], timeout: float = PATIENCE_S) -> T:
        """Ask again and again until the answer is truthy, and return it. Raises TimeoutError."""
        ends = time.monotonic() + timeout
        while not (found := predicate()):
            if time.monotonic() > ends:
                raise TimeoutError(f"nothing after {timeout} s")
            time.sleep(0.05)
        return found

    def fetch(self, url: str) -> bytes:
        """The bytes at an attachment's address."""
        with _STRAIGHT.open(url, timeout=self.timeout_s) as response:
            return bytes(response.read())

    def request(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        return self._send(method, path, data, "application/json")

    def _upload(self, path: str, payload: Json, files: Mapping[str, File | list[File]]) -> Any:
        boundary = secrets.token_hex(16)
        body = bytearray()

        def part(headers: str, data: bytes) -> None:
            body.extend(f"--{boundary}\r\n{headers}\r\n\r\n".encode() + data + b"\r\n")

        part('Content-Disposition: form-data; name="payload"', json.dumps(payload).encode())
        each = [(name, file) for name, one in files.items() for file in (one if isinstance(one, list) else [one])]
        for name, file in each:
            if isinstance(file, Path):
                kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                filename, data = file.name, file.read_bytes()
            else:
                filename, data, kind = file
            quoted = filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
            disposition = f'Content-Disposition: form-data; name="{name}"; filename="{quoted}"'
            part(f"{disposition}\r\nContent-Type: {kind}", data)
        body.extend(f"--{boundary}--\r\n".encode())
        return self._send("POST", path, bytes(body), f"multipart/form-data; boundary={boundary}")

    def _send(self, method: str, path: str, data: bytes | None, kind: str) -> Any:
        request = urllib.request.Request(self.url + path, data=data, method=method)  # noqa: S310
        if data is not None:
            request.add_header("Content-Type", kind)
        if self._password is not None:
            basic = base64.b64encode(f":{self._password}".encode()).decode()
            request.add_header("Authorization", f"Basic {basic}")
        try:
            with _STRAIGHT.open(request, timeout=self.timeout_s) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            with contextlib.suppress(ValueError, KeyError, TypeError):
                text = json.loads(text)["error"]
            raise Refused(error.code, text) from None

    @staticmethod
    def _object(value: Any) -> Json:
        if not isinstance(value, dict):
            raise TypeError(f"expected an object, got {value!r}")
        return value
