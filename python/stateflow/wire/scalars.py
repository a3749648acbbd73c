"""Types whose instances hold no other values that matter: their content as plain structures, and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple

from stateflow.wire import codes
from stateflow.wire.errors import Unencodable
from stateflow.wire.raw import BIG_INT, int_from_bytes, int_to_bytes


class Scalar(NamedTuple):
    """What is encoded of an instance of a type, and how it is made again."""

    code: int
    content: Callable[[Any], object]
    make: Callable[[Any], Any]


def _time_content(value: Any) -> list[object]:
    content = [value.hour, value.minute, value.second, value.microsecond]
    if value.fold or value.tzinfo is not None:
        content += [value.fold, value.tzinfo]
    return content


def _make_datetime(content: list[Any]) -> datetime:
    if len(content) == 7:
        return datetime(*content)
    year, month, day, hour, minute, second, microsecond, fold, zone = content
    return datetime(year, month, day, hour, minute, second, microsecond, zone, fold=fold)


def _make_time(content: list[Any]) -> time:
    if len(content) == 4:
        return time(*content)
    hour, minute, second, microsecond, fold, zone = content
    return time(hour, minute, second, microsecond, zone, fold=fold)


def _timezone_content(value: timezone) -> object:
    if value is UTC:
        return None
    offset = value.utcoffset(None)
    name = value.tzname(None)
    return [offset] if name == timezone(offset).tzname(None) else [offset, name]


def _zone_key(value: Any) -> str:
    if value.key is None:
        raise Unencodable("a ZoneInfo without a key cannot be encoded")
    key: str = value.key
    return key


def _make_zone(key: str) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(key)


def _make_decimal(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


def _make_uuid(content: bytes) -> Any:
    from uuid import UUID

    return UUID(bytes=content)


SINGLETONS: tuple[object, ...] = (Ellipsis, NotImplemented)

EAGER: dict[type, Scalar] = {
    int: Scalar(BIG_INT, int_to_bytes, int_from_bytes),
    type(Ellipsis): Scalar(codes.SINGLETON, lambda _: 0, SINGLETONS.__getitem__),
    type(NotImplemented): Scalar(codes.SINGLETON, lambda _: 1, SINGLETONS.__getitem__),
    range: Scalar(codes.RANGE, lambda v: [v.start, v.stop, v.step], lambda content: range(*content)),
    date: Scalar(codes.DATE, lambda v: [v.year, v.month, v.day], lambda content: date(*content)),
    datetime: Scalar(codes.DATETIME, lambda v: [v.year, v.month, v.day, *_time_content(v)], _make_datetime),
    time: Scalar(codes.TIME, _time_content, _make_time),
    timedelta: Scalar(
        codes.TIMEDELTA, lambda v: [v.days, v.seconds, v.microseconds], lambda content: timedelta(*content)
    ),
    timezone: Scalar(codes.TIMEZONE, _timezone_content, lambda content: UTC if content is None else timezone(*content)),
}

LAZY: dict[str, Scalar] = {
    "zoneinfo.ZoneInfo": Scalar(codes.ZONEINFO, _zone_key, _make_zone),
    "decimal.Decimal": Scalar(codes.DECIMAL, str, _make_decimal),
    "uuid.UUID": Scalar(codes.UUID, lambda v: v.bytes, _make_uuid),
}
"""By qualified name: their modules are not imported before a value is met."""

BY_CODE: dict[int, Scalar] = {scalar.code: scalar for scalar in (*EAGER.values(), *LAZY.values())}
