"""The world: all that this Discord holds, and what becomes of it."""
