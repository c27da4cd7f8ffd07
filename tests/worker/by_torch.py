"""`python -m tests.worker.by_torch`: a worker as on a machine that has PyTorch and no ONNX Runtime."""

import sys
from typing import cast

if __name__ == "__main__":
    cast("dict[str, object]", sys.modules)["onnxruntime"] = None
    from worker.__main__ import main

    sys.exit(main())
