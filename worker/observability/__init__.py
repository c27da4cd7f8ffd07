"""Heartbeat, probes and metrics of a worker."""
