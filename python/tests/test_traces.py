"""The lines that a traceback shows of the user's files."""

from __future__ import annotations

from pathlib import Path

import pytest
from stateflow.step.traces import Traces

# As a bundle has it: what the user wrote, and in line 4 a line of ours.
MODULE = """\
def read(bound):
    if bound:
        value = 1
    held = bound
    return value
"""
LINEMAP = {"app.py": {"lines": [[1, 1, 3], [5, 4, 1]], "functions": []}}


@pytest.mark.parametrize("calls_before", [0, 1000])
def test_a_local_without_a_value_is_missed_on_a_line_of_the_user(tmp_path: Path, calls_before: int) -> None:
    sources = {"app.py": MODULE.replace("    held = bound\n", "")}
    names: dict[str, object] = {}
    exec(compile(MODULE, str(tmp_path / "app.py"), "exec"), names)  # noqa: S102 - the module above
    read = names["read"]
    assert callable(read)
    for _ in range(calls_before):
        read(True)
    with pytest.raises(UnboundLocalError) as caught:
        read(False)
    lines = Traces(tmp_path, LINEMAP, sources).lines(caught.value)
    assert [(line.line, line.function, line.text) for line in lines] == [(4, "read", "return value")]
