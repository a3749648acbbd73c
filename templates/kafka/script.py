"""{{ about }}: `python {{ name }} --help` lists the options."""

import sys
from pathlib import Path

BUNDLE = Path(__file__).resolve().parent
sys.path[:0] = [str(BUNDLE / "app"), str(BUNDLE)]

from {{ module }} import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(BUNDLE, "{{ prefix }}"))
