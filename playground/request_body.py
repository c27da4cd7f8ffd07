"""Request bodies: JSON, or a form as Discord takes it: payload_json and, in multipart, files[n].

https://docs.discord.com/developers/reference#uploading-files
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

from playground.errors import ApiError, invalid_form, too_large

FILE_FIELD = re.compile(r"files\[(\d+)\]\Z")
MAX_BODY = 96 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """One file as it came: its name and type are the sender's words and may be anything."""

    field: str
    filename: str
    content_type: str
    data: bytes


@dataclass
class Body:
    """A parsed body. `files` is keyed by the n of files[n]; `record` is what the exchange log keeps of it."""

    payload: Any = None
    files: dict[int, Upload] = field(default_factory=dict)
    file: Upload | None = None
    """The part `file`: a sticker's picture."""
    record: dict[str, Any] = field(default_factory=dict)

    def object(self) -> dict[str, Any]:
        """The payload as an object; nothing counts as {}. Raises ApiError 50035 for anything else."""
        if self.payload is None:
            return {}
        if not isinstance(self.payload, dict):
            raise invalid_form({"_": ("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")})
        return self.payload


async def read_parts(request: web.Request) -> tuple[dict[str, str], list[Upload]]:
    """Every field and file of a multipart request. Raises ApiError 40005 over MAX_BODY, 50035 when malformed."""
    fields: dict[str, str] = {}
    uploads: list[Upload] = []
    total = 0
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise ValueError("nested multipart")
            data = bytes(await part.read())
            total += len(data)
            if total > MAX_BODY:
                raise too_large()
            name = part.name or ""
            if part.filename is None:
                fields[name] = data.decode("utf-8")
            else:
                kind = part.headers.get("Content-Type", "application/octet-stream")
                uploads.append(Upload(name, part.filename, kind, data))
    except (ValueError, AssertionError, UnicodeDecodeError) as error:
        raise invalid_form({"_": ("MULTIPART_INVALID", f"The multipart body cannot be read: {error}")}) from error
    return fields, uploads


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ApiError(400, 50109, "The request body contains invalid JSON.") from error


async def read_body(request: web.Request) -> Body:
    """Read a REST request's body whole. Raises ApiError for what Discord would refuse."""
    if not request.body_exists:
        return Body()
    if request.content_type == "multipart/form-data":
        fields, uploads = await read_parts(request)
        text = fields.pop("payload_json", None)
        payload = _parse_json(text) if text is not None else dict(fields) or None
        parts = [
            {"name": u.field, "filename": u.filename, "content_type": u.content_type, "size": len(u.data)}
            for u in uploads
        ]
        body = Body(payload, record={"multipart": {"payload_json": payload, "parts": parts}})
        for upload in uploads:
            if upload.field == "file":
                body.file = upload
                continue
            named = FILE_FIELD.match(upload.field)
            if named is None:
                problem = f"File parts are named files[n], not {upload.field!r}."
                raise invalid_form({"files": ("MULTIPART_FIELD", problem)})
            body.files[int(named[1])] = upload
        return body
    data = await request.read()
    if not data:
        return Body()
    text = data.decode("utf-8", "replace")
    if request.content_type == "application/x-www-form-urlencoded":
        fields = dict(parse_qsl(text, keep_blank_values=True))
        payload = _parse_json(fields["payload_json"]) if "payload_json" in fields else fields or None
        return Body(payload, record={"form": {"payload_json": payload}})
    if request.content_type != "application/json":
        raise ApiError(400, 50035, "Invalid Form Body", errors=None)
    payload = _parse_json(text)
    return Body(payload, record={"json": payload})
