"""One picture, all the way: synced, asked for, drawn, posted, pink, reloaded, drawn again; and the record."""

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from devstack.stack import Stack
from models.atlas import CELL_HEIGHT, CELL_WIDTH, default_atlas
from models.formats import picture_columns
from playground.testing import ADA_ID, Controls
from tests.discord_rules import DISCORDS_OWN, broken_rules
from tests.e2e.conftest import PANDA, exchanges

Message = dict[str, Any]


def picture_of(controls: Controls, message: Message) -> Image.Image:
    """The one picture on a message, opened."""
    assert len(message["attachments"]) == 1, message
    return Image.open(io.BytesIO(controls.fetch(message["attachments"][0]["url"])))


def inked(picture: Image.Image) -> NDArray[np.bool_]:
    """Where a posted page shows ink, (H, W): what has not its commonest colour, the paper's."""
    pixels = np.asarray(picture.convert("RGB"), np.uint32) @ np.array([65536, 256, 1], np.uint32)
    colours, counts = np.unique(pixels, return_counts=True)
    ink: NDArray[np.bool_] = pixels != colours[counts.argmax()]
    return ink


def read_characters(picture: Image.Image) -> str:
    """Read a posted black-on-white page back; fails where a cell is not exactly a character, however pale."""
    atlas = default_atlas()
    ink = 1 - np.asarray(picture.convert("L"), np.float32) / 255
    rows, columns = ink.shape[0] // CELL_HEIGHT, ink.shape[1] // CELL_WIDTH
    lines = []
    for row in ink.reshape(rows, CELL_HEIGHT, columns, CELL_WIDTH).transpose(0, 2, 1, 3):
        # A character's darkest pixel says how strong a cell's ink is.
        strength = row.max((1, 2))[:, None, None, None] / np.maximum(atlas.ink.max((1, 2)), 1e-6)[:, None, None]
        distance = np.abs(row[:, None] - strength * atlas.ink[None]).max((2, 3))
        assert distance.min(1).max() < 2 / 255, "a cell is no character"
        lines.append("".join(atlas.charset[index] for index in distance.argmin(1)))
    return "\n".join(lines)


def test_the_whole_way(stack: Stack, controls: Controls, record: Path) -> None:
    names = {command["name"] for command in controls.state()["commands"]}
    assert {"ascii", "model"} <= names

    used = controls.slash("ascii", files={"image": PANDA})
    posted = controls.wait_for_answer(used)
    first = picture_of(controls, posted)
    assert first.format == "PNG"
    with Image.open(PANDA) as photo:
        assert first.width == picture_columns(*photo.size) * CELL_WIDTH

    controls.react(posted["id"], "🩷")

    def pink_replies() -> list[Message]:
        found = [
            m for m in controls.messages() if (m.get("message_reference") or {}).get("message_id") == posted["id"]
        ]
        return [m for m in found if m["attachments"]]

    reply = controls.wait_for(pink_replies)[0]
    pink = picture_of(controls, reply)
    assert pink.size == first.size
    assert (
        np.asarray(pink.convert("RGB"))[-CELL_HEIGHT:].tolist()
        != np.asarray(first.convert("RGB"))[-CELL_HEIGHT:].tolist()
    )
    assert (inked(pink) == inked(first)).mean() > 0.97, "the same characters in other ink"

    reload = controls.wait_for_answer(controls.slash("model reload", user=ADA_ID))
    assert "classic" in reload["content"]
    assert not reload["attachments"]

    plain = {"palette": "mono", "background": "light"}
    again = controls.wait_for_answer(controls.slash("ascii", plain, files={"image": PANDA}))
    text = read_characters(picture_of(controls, again))
    assert len(set(text)) > 8
    assert re.fullmatch(r"mono · classic · \d+(\.\d)? s", again["content"])
    assert re.fullmatch(r"photo · classic · \d+(\.\d)? s", posted["content"])

    seen = {
        (str(e["method"]), re.sub(r"\d{6,}", "N", re.sub(r"/[\w.-]{60,}", "/TOKEN", str(e["path"]))))
        for e in exchanges(record)
    }
    paths = {f"{method} {path}" for method, path in seen}
    for method, ending in [
        ("PUT", "/commands"),
        ("POST", "/callback"),
        ("PATCH", "/messages/@original"),
        ("POST", "/channels/N/messages"),
        ("PATCH", "/channels/N/messages/N"),
    ]:
        assert any(p.startswith(method) and p.endswith(ending) for p in paths), (method, ending, sorted(paths))
    patches = [e for e in exchanges(record) if e["method"] == "PATCH" and str(e["path"]).endswith("@original")]
    assert any(e.get("multipart") for e in patches), "pictures go up as multipart"
    assert all("authorization" not in {k.lower() for k in e["headers"]} for e in patches if e.get("multipart"))  # type: ignore[attr-defined]


def test_one_pink_reply_however_many_click(controls: Controls) -> None:
    posted = controls.wait_for_answer(controls.slash("ascii", files={"image": PANDA}))
    for user in (ADA_ID, posted["author"]["id"]):
        if user != posted["author"]["id"]:
            controls.react(posted["id"], "🩷", user=user)
    controls.react(posted["id"], "🩷")
    controls.unreact(posted["id"], "🩷")
    controls.react(posted["id"], "🩷")

    def replies() -> list[Message]:
        return [
            m for m in controls.messages() if (m.get("message_reference") or {}).get("message_id") == posted["id"]
        ]

    controls.wait_for(lambda: [m for m in replies() if m["attachments"]])
    # Whatever the other clicks caused is done once a later picture is through.
    controls.wait_for_answer(controls.slash("ascii", files={"image": PANDA}))
    assert len(replies()) == 1


def test_a_private_picture_is_seen_by_its_sender_alone(controls: Controls) -> None:
    options = {"private": True, "columns": 64}
    posted = controls.wait_for_answer(controls.slash("ascii", options, files={"image": PANDA}))
    assert posted["ephemeral_to"]
    assert picture_of(controls, posted).width == 64 * CELL_WIDTH


def test_the_record_fits_discords_own_description(controls: Controls, record: Path) -> None:
    controls.wait_for_answer(controls.slash("ascii", files={"image": PANDA}))
    checked, broken = broken_rules(record)
    assert checked > 2 and not broken, broken
    if not (DISCORDS_OWN / "validate.py").is_file():
        return
    done = subprocess.run(
        [
            sys.executable,
            DISCORDS_OWN / "validate.py",
            record,
            "--spec",
            DISCORDS_OWN / "openapi.json",
            "--responses",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
