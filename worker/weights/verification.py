"""What the queue calls by name to look at a weights file: load it, try it, draw the bundled photos with it."""

import logging
import time
from typing import Any

from redis.exceptions import RedisError

from jobs.registry.verification import Measures, Verification, VerificationRequest, record_verification
from models.quality.self_test import SelfTest, self_test
from models.rendering.renderer import Renderer
from models.weights_file import WeightsError, read_weights
from worker.render import tasks
from worker.render.engine import Engine

_log = logging.getLogger(__name__)


def check(payload: dict[str, Any]) -> dict[str, Any]:
    """Carry out a VerificationRequest and record what was found, a refusal included; the Verification as JSON.

    Raises redis errors, and what ends the process.
    """
    request = VerificationRequest.model_validate(payload)
    tools = tasks.current_tools()
    start, png = time.monotonic(), b""
    found = Verification(id=request.id, worker=tools.worker)
    try:
        data = tools.engine.weights_source.bytes_of(request.model, request.sha256)
        if fault := _fault_of(data, request.model):
            found = found.model_copy(update={"error": fault, "refused": True})
        else:
            found, png = _look(tools.engine, request, data, found)
    except WeightsError as error:
        # This worker's, and of the moment: its card is full, or the default model cannot be had.
        found = found.model_copy(update={"error": str(error)})
    except RedisError:
        raise
    except Exception as error:
        _log.exception("verification failed id=%s", request.id)
        found = found.model_copy(update={"error": f"unexpected {type(error).__name__}; see the worker's log"})
    found = found.model_copy(update={"seconds": round(time.monotonic() - start, 1)})
    record_verification(tools.redis, found, png)
    _log.info(
        "verified id=%s model=%s version=%s seconds=%.1f error=%r",
        request.id,
        request.model,
        request.sha256[:12],
        found.seconds,
        found.error,
    )
    return found.model_dump(mode="json")


def _fault_of(data: bytes, name: str) -> str:
    """Why no worker can use a file; empty where one could."""
    try:
        read_weights(data, name)
    except WeightsError as error:
        return str(error)
    return ""


def _look(
    engine: Engine, request: VerificationRequest, data: bytes, found: Verification
) -> tuple[Verification, bytes]:
    engine.make_room()
    # Where there is room for one only, that one is drawing.
    renderer = engine.load(request.model, data, device=None if engine.fits() else "cpu").renderer
    result = self_test(renderer)
    now = engine.renderer
    description = f"head {renderer.metadata['head']}, {len(renderer.atlas.charset)} characters"
    teacher, step = renderer.metadata.get("teacher", "?"), renderer.metadata.get("step", "?")
    measured = {
        "description": f"{description}, taught by {teacher[:60]}, {step[:12]} steps",
        "measures": _measures(renderer, result),
        "now": _measures(now, self_test(now)),
    }
    return found.model_copy(update=measured), result.png


def _measures(renderer: Renderer, result: SelfTest) -> Measures:
    return Measures(
        model=renderer.name,
        version=renderer.version,
        similarity=result.similarity,
        legibility=result.legibility,
        glyphs=result.glyphs,
    )
