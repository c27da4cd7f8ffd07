"""The page's own files, with the policy that lets it load nothing from elsewhere."""

from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self'; "
    "connect-src 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)


def page_file(name: str) -> web.Response:
    kind = TYPES.get(Path(name).suffix)
    path = FOLDER / name
    if kind is None or path.parent != FOLDER or not path.is_file():
        raise web.HTTPNotFound()
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
        "Content-Type": kind,
    }
    return web.Response(body=path.read_bytes(), headers=headers)
