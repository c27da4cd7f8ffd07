"""The gallery: pictures to try a bot with, bundled under free licences (samples/CREDITS.md)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class Sample:
    name: str
    kind: str
    title: str
    credit: str


SAMPLES = (
    Sample("lemur.jpg", "image/jpeg", "Animal", "Sannse, CC BY-SA 3.0"),
    Sample("portrait.png", "image/png", "Portrait", "ganson (Open Clip Art), public domain"),
    Sample("mountains.jpg", "image/jpeg", "Landscape", "Aitzol Berasategi, CC BY 4.0"),
    Sample("pagoda.jpg", "image/jpeg", "Architecture", "danielbuechele (Flickr), CC BY 2.0"),
    Sample("bridge.jpg", "image/jpeg", "City at night", "Derek Jensen, public domain"),
    Sample("logo.png", "image/png", "Logo", "drawn for this project"),
    Sample("screenshot.png", "image/png", "Screenshot", "drawn for this project"),
    Sample("planet.gif", "image/gif", "Animation", "drawn for this project"),
)


def routes() -> list[web.RouteDef]:
    return [web.get("/playground/samples", listing), web.get("/playground/samples/{name}", picture)]


async def listing(request: web.Request) -> web.Response:
    return web.json_response([{**vars(sample), "url": f"/playground/samples/{sample.name}"} for sample in SAMPLES])


async def picture(request: web.Request) -> web.Response:
    found = next((sample for sample in SAMPLES if sample.name == request.match_info["name"]), None)
    if found is None:
        raise web.HTTPNotFound()
    headers = {"Content-Type": found.kind, "Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=(FOLDER / found.name).read_bytes(), headers=headers)
