"""Which weights a worker draws with, and how they change."""
