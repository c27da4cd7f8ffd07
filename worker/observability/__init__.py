"""Heartbeat, probes, metrics and logs of a worker."""
