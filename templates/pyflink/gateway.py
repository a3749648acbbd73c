"""Serves {{ app.name }} over HTTP, in front of the job: `python gateway.py --help` lists the options."""

import sys
from pathlib import Path

BUNDLE = Path(__file__).resolve().parent
sys.path[:0] = [str(BUNDLE / "app"), str(BUNDLE)]

from stateflow.kafka.gateway import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(BUNDLE, "{{ prefix }}"))
