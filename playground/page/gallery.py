"""The gallery: pictures to try a bot with, bundled under free licences (samples/CREDITS.md)."""

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parents[1] / "samples"


@dataclass(frozen=True)
class Sample:
    """One picture; `terms` is the address of its licence, empty where there is none to link to."""

    name: str
    kind: str
    title: str
    author: str
    licence: str
    terms: str = ""


_CC = "https://creativecommons.org"
SAMPLES = (
    Sample("lemur.jpg", "image/jpeg", "Animal", "Sannse", "CC BY-SA 3.0", f"{_CC}/licenses/by-sa/3.0/"),
    Sample("portrait.jpg", "image/jpeg", "Portrait", "NASA", "public domain"),
    Sample("mountains.jpg", "image/jpeg", "Landscape", "Aitzol Berasategi", "CC BY 4.0", f"{_CC}/licenses/by/4.0/"),
    Sample("city.jpg", "image/jpeg", "City", "Gary Todd", "CC0 1.0", f"{_CC}/publicdomain/zero/1.0/"),
    Sample("bridge.jpg", "image/jpeg", "Night", "Derek Jensen", "public domain"),
    Sample("logo.png", "image/png", "Logo", "this project", "MIT"),
    Sample("screenshot.png", "image/png", "Screenshot", "this project", "MIT"),
    Sample("planet.gif", "image/gif", "Animation", "this project", "MIT"),
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
