"""The control API under /playground."""
