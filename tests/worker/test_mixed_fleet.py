"""One fleet of both kinds, with PyTorch and without it: they draw the same, and models change on all or on none."""

import io
import json
import re
from pathlib import Path

import numpy as np
from PIL import Image
from redis import Redis
from safetensors.numpy import load, save

from jobs.lifecycle.job import Jobs
from jobs.pictures import PictureStore
from jobs.registry.fleet import Fleet
from jobs.registry.reload import Reloads
from jobs.registry.weights import WeightsStore
from jobs.rq_adapter.queue import enqueue
from models.samples import SAMPLES
from models.weights_file import find_weights, load_weights, read_bytes
from tests.worker.processes import Start, ended, until
from tests.worker.samples import TOKEN_PATH, request_for
from tests.worker.standin import Standin

COLUMNS = 60
(MACAW,) = (path for path in SAMPLES if path.stem == "macaw")


def cells_of(picture: bytes) -> np.ndarray:
    """The bytes of each cell of a page that was posted, (rows, columns, …)."""
    with Image.open(io.BytesIO(picture)) as image:
        pixels = np.asarray(image.convert("RGB"))
    rows, columns = pixels.shape[0] // 16, COLUMNS
    width = pixels.shape[1] // columns
    return pixels[: rows * 16].reshape(rows, 16, columns, width, 3).swapaxes(1, 2).reshape(rows, columns, -1)


def another_version() -> bytes:
    """The shipped network in a file that says of itself that it was trained for longer."""
    path = find_weights("classic", None)
    metadata = load_weights(path).metadata | {"step": "99999"}
    return save(load(read_bytes(path)), metadata)


def test_both_kinds_draw_the_same_and_change_their_models_together(
    start: Start, redis: Redis, pictures: PictureStore, standin: Standin, tmp_path: Path
) -> None:
    sha, jobs, fleet = pictures.put(MACAW.read_bytes()), Jobs(redis), Fleet(redis)
    settings = {"WEIGHTS_DIR": str(tmp_path), "MODEL_WEIGHTS": "classic"}
    kinds = {"int8": start(**settings), "fp32": start("tests.worker.by_torch", **settings)}
    for precision, worker in kinds.items():
        worker.wait_for("worker ready")
        assert re.search(rf"device=cpu model=classic version=\w+ precision={precision}", worker.log)
    until(lambda: len(fleet.alive()) == 2, "both to report")

    store = WeightsStore(redis, 2**26)
    reloads = Reloads(redis, store, fleet)
    until(lambda: store.model("classic"), "the registry to know the model")
    new = store.put(another_version(), "classic", origin="upload", by="admin")
    reload = reloads.begin("classic", "admin", version=new.sha256)
    until(lambda: [v.moved for v in reloads.votes(reload).values()] == [True, True], "both to move")
    until(lambda: {w.model_version for w in fleet.alive()} == {new.short}, "both to report the new version")

    (tmp_path / "classic.safetensors").write_bytes(b"not a model")
    reloads.begin("classic", "admin")
    until(lambda: (last := reloads.latest()) and not last.is_open, "an end of the second reload")
    assert {w.model_version for w in fleet.alive()} == {new.short}

    drawn: dict[str, np.ndarray] = {}
    for number in range(100):
        job_id = str(1000 + number)
        enqueue(redis, request_for(sha, job_id=job_id, columns=COLUMNS))
        assert ended(jobs, job_id) == "posted"
        result = jobs.result_of(job_id)
        assert result is not None and result.model_version == new.short
        (_, _, picture) = standin.state[TOKEN_PATH].files["files[0]"]
        for precision, worker in kinds.items():
            if re.search(rf"job done id={job_id} ", worker.log):
                drawn[precision] = cells_of(picture)
        if len(drawn) == len(kinds):
            break
    else:
        raise AssertionError(f"one of both drew nothing: {json.dumps(list(drawn))}")
    assert (drawn["int8"] == drawn["fp32"]).all(-1).mean() >= 0.98
