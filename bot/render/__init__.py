"""From a command to a job: who may ask, the picture, the options, the queue."""
