"""The Flink job that runs the entities of {{ app.name }}: `flink run --python job.py` submits it."""

import sys
from pathlib import Path

BUNDLE = Path(__file__).resolve().parent
sys.path[:0] = [str(BUNDLE)]

from stateflow.adapters.pyflink_job import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(BUNDLE, "{{ prefix }}"))
