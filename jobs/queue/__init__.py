"""Where a job stands in the queue: its fair turn, and how far it is."""
