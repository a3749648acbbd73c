"""Makes the topics that {{ app.name }} uses, or checks them: `python topics.py --help` lists the options."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent)]

from stateflow.kafka.provision import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main("{{ prefix }}"))
