"""`python -m tests.worker.mayfly --count N`: a supervisor whose children end at once, with MAYFLY_CODE."""

import os
import sys

from worker.supervisor import supervise

if __name__ == "__main__":
    if "--count" in sys.argv:
        sys.exit(supervise(int(sys.argv[-1]), "tests.worker.mayfly"))
    sys.exit(int(os.environ["MAYFLY_CODE"]))
