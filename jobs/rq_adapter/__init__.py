"""All that leans on RQ, and on what RQ keeps in Redis: `queue` for the bot's side, `worker` for the worker's.

Nobody else imports RQ. What is used of its insides was read in RQ 3.0; tests/jobs/test_rq_internals.py lists it and
fails when an update changes it.
"""

from jobs.rq_adapter.clock import give_to_rq

give_to_rq()
