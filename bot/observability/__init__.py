"""Metrics, probes and the moderation log of a bot."""
