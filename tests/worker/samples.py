"""What the worker's tests draw: a small real model, a photo, requests; and the names that they share."""

import io
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from jobs.schema import RenderRequest
from models.atlas import default_atlas
from models.nn.architecture import SIZES
from models.nn.generator import Generator
from models.weights_file import save_weights
from tests.jobs.requests import OPTIONS

INTERACTION_TOKEN = "aW50ZXJhY3Rpb246c2VjcmV0"
BOT_TOKEN = "bot.secret.token"
TOKEN_PATH = f"/webhooks/10/{INTERACTION_TOKEN}/messages/@original"
BOT_PATH = "/channels/20/messages/30"


def write_weights(folder: Path, seed: int, name: str = "tiny") -> bytes:
    """An untrained model: its characters mean nothing, its file and its shapes are real. Returns its bytes."""
    torch.manual_seed(seed)
    generator = Generator(SIZES["tiny"])
    path = folder / f"{name}.safetensors"
    save_weights(path, generator, default_atlas(), teacher="none", step=0, metrics={})
    return path.read_bytes()


def photo(width: int = 160, height: int = 120) -> bytes:
    """A JPEG with something in it."""
    y, x = np.mgrid[:height, :width]
    pixels = np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], -1).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG")
    return stream.getvalue()


def request_for(picture: str, **changes: Any) -> RenderRequest:
    """A request for a stored picture; `reply` given as a dict changes single fields of the usual reply."""
    reply = {
        "application_id": "10",
        "channel_id": "20",
        "message_id": "30",
        "token": INTERACTION_TOKEN,
        "token_expires_at": time.time() + 900,
    } | changes.pop("reply", {})
    options = {name: changes.pop(name) for name in OPTIONS & changes.keys()}
    fields: dict[str, Any] = {
        "job_id": "1000",
        "origin": "command",
        "pictures": [{"sha": picture}],
        "options": {"columns": 40} | options,
        "user_id": "40",
        "reply": reply,
        "upload_limit": 10 * 2**20,
        "created_at": time.time(),
        "deadline_at": time.time() + 600,
    }
    return RenderRequest.model_validate(fields | changes)
