"""The numbers of the extension types. A number never changes its meaning: stored state has them."""

from __future__ import annotations

from stateflow.wire import raw

BIG_INT = raw.BIG_INT
SHARED = 2
"""A value in which something is reached twice: its parts, and the table of what is shared."""
SHARED_REF = 3
"""An entry of that table."""
ENTITY = 4
TUPLE = 5
SET = 6
FROZENSET = 7
BYTEARRAY = 8
COMPLEX = 9
RANGE = 10
SINGLETON = 11
NAMED = 12
ENUM = 13
OBJECT = 14
SUBCLASS = 15
EXCEPTION = 16
DATETIME = 17
DATE = 18
TIME = 19
TIMEDELTA = 20
TIMEZONE = 21
ZONEINFO = 22
DECIMAL = 23
UUID = 24
DEFAULTDICT = 25
ORDEREDDICT = 26
DEQUE = 27
COUNTER = 28

RAW = frozenset({BIG_INT, UUID, BYTEARRAY, NAMED})
"""The types whose data is not msgpack again."""
