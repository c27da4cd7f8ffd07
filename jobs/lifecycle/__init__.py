"""The life of a job, from a pending reply to its end."""
