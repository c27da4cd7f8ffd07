"""The one RQ queue: the way in, its order, how far a job is."""
