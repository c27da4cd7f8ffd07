"""A card's memory, for whoever draws on one: only there is PyTorch imported."""

import torch


def memory() -> dict[str, int]:
    """Bytes: `free` and `total` of the card, this process's `allocated` and `reserved`, and the `peak` of those."""
    free, total = torch.cuda.mem_get_info()
    return {
        "free": free,
        "total": total,
        "allocated": torch.cuda.memory_allocated(),
        "reserved": torch.cuda.memory_reserved(),
        "peak": torch.cuda.max_memory_allocated(),
    }


def free() -> None:
    """Give back what this process has reserved and does not use."""
    torch.cuda.empty_cache()
