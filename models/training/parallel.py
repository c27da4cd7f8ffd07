"""Several processes training one generator (`torchrun --nproc-per-node N -m -- models train …`).

Every rank draws its own crops; gradients are averaged over the ranks, so the weights stay the same in all.
"""

import os
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed, nn


@dataclass(frozen=True)
class Ranks:
    """This process's place among `world` of them."""

    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this process is the one that saves and reports."""
        return self.rank == 0

    def average_gradients(self, network: nn.Module) -> None:
        """Replace every gradient by its mean over the ranks."""
        if self.world == 1:
            return
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.world
        for gradient, mean in zip(gradients, torch.split(flat, [g.numel() for g in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def any(self, flag: bool, device: str) -> bool:
        """Whether the flag is set in any rank; every rank gets the same answer at the same step."""
        if self.world == 1:
            return flag
        count = torch.tensor(float(flag), device=device)
        distributed.all_reduce(count)
        return bool(count.item())

    def gather(self, value: Any) -> list[Any]:
        """Every rank's value, by rank."""
        if self.world == 1:
            return [value]
        values: list[Any] = [None] * self.world
        distributed.all_gather_object(values, value)
        return values


def join_ranks(device: str) -> tuple[Ranks, str]:
    """Join the processes that torchrun started, if it did; this rank's place and device."""
    if "RANK" not in os.environ:
        return Ranks(), device
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return Ranks(distributed.get_rank(), distributed.get_world_size()), device


def leave_ranks(ranks: Ranks) -> None:
    """End the group, if there is one."""
    if ranks.world > 1:
        distributed.destroy_process_group()
