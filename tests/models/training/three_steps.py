"""`python -m tests.models.training.three_steps PHOTOS`: one rank's three steps, and a line about them."""

import hashlib
import sys
from pathlib import Path

from models.training.config import TrainConfig
from models.training.data import Photos
from models.training.parallel import join_ranks, leave_ranks
from models.training.trainer import Trainer


def main() -> None:
    ranks, device = join_ranks("cpu")
    config = TrainConfig(
        size="tiny", steps=4, batch=2, columns=8, rows=8, warm_steps=1, warm_sweeps=1, sweeps=1, adversarial_from=2
    )
    trainer = Trainer(config, Photos(Path(sys.argv[1])), device, ranks)
    losses = [trainer.train_step()["reconstruction"] for _ in range(3)]
    weights = b"".join(p.detach().numpy().tobytes() for p in trainer.generator.parameters())
    # One write, so that the ranks' lines stay whole.
    sys.stdout.write(f"rank={ranks.rank} weights={hashlib.sha256(weights).hexdigest()} losses={losses}\n")
    sys.stdout.flush()
    leave_ranks(ranks)


if __name__ == "__main__":
    main()
