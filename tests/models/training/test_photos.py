"""Fetching photos from a real server here, which does what servers do: stall, fail, cut off, redirect, repeat."""

import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from models.training.photos import GIVE_UP_AFTER, TRIES, FetchError, fetch_photos
from tests.models.pictures import encoded, photo

Answer = tuple[int, dict[str, str], bytes]


class Server:
    """Answers each request by a function of the path and of how often it was asked before."""

    def __init__(self, answer: Callable[[str, int], Answer]) -> None:
        self.asked: Counter[str] = Counter()
        self.most_at_once = 0
        at_once, lock, outer = [0], threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with lock:
                    before = outer.asked[self.path]
                    outer.asked[self.path] += 1
                    at_once[0] += 1
                    outer.most_at_once = max(outer.most_at_once, at_once[0])
                status, headers, body = answer(self.path, before)
                with lock:  # before the client has it and asks for the next
                    at_once[0] -= 1
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def jpeg(path: str) -> bytes:
    """A photo that depends on the number in the path."""
    return encoded(photo(48, 40, int("".join(c for c in path if c.isdigit()) or "0")), "JPEG")


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[str, int], Answer]], Server]]:
    servers: list[Server] = []

    def start(answer: Callable[[str, int], Answer]) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


Serve = Callable[[Callable[[str, int], Answer]], Server]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_so_many_photos_come_several_at_a_time(serve: Serve, tmp_path: Path) -> None:
    everyone_is_here = threading.Barrier(4, timeout=60)

    def answer(path: str, _: int) -> Answer:
        everyone_is_here.wait()  # nobody is answered before four have asked
        return 200, {}, jpeg(path)

    server, shown = serve(answer), list[int]()
    assert fetch_photos(tmp_path / "new", 8, server.url + "/{n}", at_once=4, progress=shown.append) == 8
    assert names(tmp_path / "new") == [f"{n:05}.jpg" for n in range(8)]
    assert server.most_at_once == 4
    assert shown == list(range(9))
    assert (tmp_path / "new" / "00003.jpg").read_bytes() == jpeg("/3")


def test_what_is_there_counts_and_the_rest_is_fetched(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda path, _: (200, {}, jpeg(path)))
    fetch_photos(tmp_path, 3, server.url + "/{n}")
    (tmp_path / "00003.unfinished").write_bytes(b"half a pho")
    (tmp_path / "notes.txt").write_text("not a photo")
    assert fetch_photos(tmp_path, 5, server.url + "/{n}") == 2
    assert server.asked == {f"/{n}": 1 for n in range(5)}
    assert fetch_photos(tmp_path, 5, server.url + "/{n}") == 0
    assert sum(server.asked.values()) == 5


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_trouble_is_tried_again(serve: Serve, tmp_path: Path, status: int) -> None:
    server = serve(lambda path, before: (status, {}, b"") if before < 2 else (200, {}, jpeg(path)))
    assert fetch_photos(tmp_path, 2, server.url + "/{n}", first_wait_s=0.01) == 2
    assert server.asked == {"/0": 3, "/1": 3}


def test_a_photo_cut_short_is_tried_again(serve: Serve, tmp_path: Path) -> None:
    def answer(path: str, before: int) -> Answer:
        whole = jpeg(path)
        if before == 0:  # the connection ends too early
            return 200, {"Content-Length": str(len(whole)), "Connection": "close"}, whole[:200]
        if before == 1:  # or the file itself does
            return 200, {}, whole[: len(whole) // 2]
        return 200, {}, whole

    server = serve(answer)
    assert fetch_photos(tmp_path, 1, server.url + "/{n}", first_wait_s=0.01) == 1
    assert server.asked == {"/0": 3}
    assert (tmp_path / "00000.jpg").read_bytes() == jpeg("/0")


def test_lasting_trouble_is_passed_over(serve: Serve, tmp_path: Path) -> None:
    """Gone, no picture at all, videos, what is packed otherwise than it says, and always failing: the next numbers
    take their places."""
    passed_over: list[tuple[Answer, int]] = [
        ((404, {}, b""), 1),
        ((200, {}, b"<html>sorry</html>"), 1),
        ((200, {}, b"\0\0\0\x18ftypisom" + bytes(64)), 1),
        ((200, {}, b"\x1a\x45\xdf\xa3\x9fB\x82\x84webm" + bytes(64)), 1),
        ((200, {"Content-Encoding": "gzip"}, jpeg("/0")), TRIES),
        ((503, {}, b""), TRIES),
    ]

    def answer(path: str, _: int) -> Answer:
        number = int(path[1:])
        return passed_over[number][0] if number < len(passed_over) else (200, {}, jpeg(path))

    server = serve(answer)
    assert fetch_photos(tmp_path, 3, server.url + "/{n}", at_once=1, first_wait_s=0.01) == 3
    assert names(tmp_path) == ["00006.jpg", "00007.jpg", "00008.jpg"]
    assert [server.asked[f"/{number}"] for number in range(6)] == [tries for _, tries in passed_over]


def test_what_came_instead_of_photos_is_said_as_of_files(serve: Serve, tmp_path: Path) -> None:
    server = serve(lambda *_: (200, {}, jpeg("/1")[:300]))
    with pytest.raises(FetchError, match=r"the last: That picture is damaged .* Please save it again\. [^.]"):
        fetch_photos(tmp_path, 1, server.url + "/{n}", first_wait_s=0.0)


@pytest.mark.parametrize(("form", "suffix"), [("PNG", "png"), ("AVIF", "avif"), ("TIFF", "tif")])
def test_redirects_are_followed_and_the_ending_follows_the_content(
    form: str, suffix: str, serve: Serve, tmp_path: Path
) -> None:
    def answer(path: str, _: int) -> Answer:
        if path.startswith("/to/"):
            return 302, {"Location": path.removeprefix("/to")}, b""
        return 200, {"Content-Type": "image/jpeg"}, encoded(photo(48, 40), form)

    fetch_photos(tmp_path, 1, serve(answer).url + "/to/{n}.jpg")
    assert names(tmp_path) == [f"00000.{suffix}"]
    with Image.open(io.BytesIO((tmp_path / f"00000.{suffix}").read_bytes())) as image:
        assert image.format == form


def test_the_same_address_may_answer_with_another_photo_each_time(serve: Serve, tmp_path: Path) -> None:
    """Repetitions do not count."""
    server = serve(lambda _, before: (200, {}, jpeg(str(before // 2))))
    assert fetch_photos(tmp_path, 3, server.url + "/random", at_once=1) == 3
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 3
    assert server.asked == {"/random": 5}


def test_a_source_that_has_run_dry_is_given_up_with_the_reason(serve: Serve, tmp_path: Path) -> None:
    def answer(path: str, _before: int) -> Answer:
        if int(path[1:]) < 2:
            return 200, {}, jpeg(path)
        # A photo that is kept late, on a busy machine, would begin the count of failures anew.
        until = time.monotonic() + 30
        while len(list(tmp_path.glob("*.jpg"))) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        return 404, {}, b""

    server = serve(answer)
    with pytest.raises(FetchError, match=r"127\.0\.0\.1 answered 404.*holds 2"):
        fetch_photos(tmp_path, 100, server.url + "/{n}", at_once=4)
    assert len(names(tmp_path)) == 2
    assert sum(server.asked.values()) <= 2 + GIVE_UP_AFTER + 2 * 4


def test_nobody_there(tmp_path: Path, serve: Serve) -> None:
    server = serve(lambda *_: (200, {}, b""))
    server.close()
    with pytest.raises(FetchError, match="ConnectError"):
        fetch_photos(tmp_path, 2, server.url + "/{n}", first_wait_s=0.0)


@pytest.mark.parametrize("url", ["", "photos/{n}", "file:///etc/passwd", "ftp://example.com/{n}", "https://"])
def test_an_address_that_is_none(url: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="must begin with http"):
        fetch_photos(tmp_path / "none", 1, url)
    assert not (tmp_path / "none").exists()
