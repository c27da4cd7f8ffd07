"""Logs, metrics, traces and probes, as bot and worker have them."""
