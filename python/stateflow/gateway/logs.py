"""Structured logs: one JSON object or one line of `key=value` pairs an event, on stderr."""

from __future__ import annotations

import datetime
import json
import logging
import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


class Log:
    """Writes events of at least a level."""

    def __init__(self, level: str = "info", form: str = "json", stream: TextIO | None = None) -> None:
        self._threshold = LEVELS[level]
        self._format = _json if form == "json" else _pairs
        self._stream = stream

    def enabled(self, level: str) -> bool:
        """Whether events of that level are written."""
        return LEVELS[level] >= self._threshold

    def write(self, level: str, event: str, **fields: object) -> None:
        """Write an event; fields that are None are left out."""
        if LEVELS[level] < self._threshold:
            return
        shown = {"time": _now(), "level": level, "event": event}
        shown.update({name: value for name, value in fields.items() if value is not None})  # type: ignore[misc]
        stream = self._stream or sys.stderr
        try:
            stream.write(self._format(shown) + "\n")
            stream.flush()
        except (OSError, ValueError):
            return


class Bridge(logging.Handler):
    """Hands what libraries log to a `Log`."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record of the standard library's logging."""
        level = next((name for name, number in reversed(LEVELS.items()) if record.levelno >= number), "debug")
        error = logging.Formatter().formatException(record.exc_info) if record.exc_info else None
        self._log.write(level, record.getMessage(), logger=record.name, exception=error)


def _now() -> str:
    return datetime.datetime.fromtimestamp(time.time(), datetime.UTC).isoformat(timespec="milliseconds")


def _json(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, default=str)


def _pairs(fields: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())


def _quoted(value: object) -> str:
    text = str(value)
    plain = text and not any(char in ' "=\\' or not char.isprintable() for char in text)
    return text if plain else json.dumps(text)
