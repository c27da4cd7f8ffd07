"""Logs, metrics, probes and the moderation log of a bot."""
