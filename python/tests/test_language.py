"""The table of the language says what the fixtures say."""

from __future__ import annotations

from scenarios.language import PAGE, table


def test_the_table_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == table(), "write it anew: python -m scenarios.language, from python/tests"
