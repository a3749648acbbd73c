"""What Stateful Functions does with functions, without it."""

from __future__ import annotations

import asyncio
from collections import deque

from statefun import RequestReplyHandler, StatefulFunctions
from statefun.kafka_egress_pb2 import KafkaProducerRecord
from statefun.request_reply_pb2 import FromFunction, ToFunction, TypedValue


class Engine:
    """Calls functions as the engine does, one message at a time, and keeps their state and what they write."""

    def __init__(self, functions: StatefulFunctions, namespace: str) -> None:
        self._handler = RequestReplyHandler(functions)
        self._namespace = namespace
        self.sizes: list[int] = []
        """Bytes of each message that a function had."""
        self._state: dict[tuple[str, str], dict[str, TypedValue]] = {}
        self._waiting: deque[tuple[str, str, TypedValue]] = deque()
        self.expiry: dict[str, int] = {}
        """Of what has an end, by function type: milliseconds from the last write."""
        self.written: dict[str, list[tuple[str, bytes]]] = {}
        """Keys and values, by topic."""

    def send(self, type: str, id: str, value: bytes, typename: str) -> None:
        """Let a function have a message of that type, and all others what comes of it."""
        self._waiting.append((type, id, TypedValue(typename=typename, has_value=True, value=value)))
        while self._waiting:
            waiting = self._waiting.popleft()
            self.sizes.append(len(waiting[2].value))
            self._call(*waiting)

    def _call(self, type: str, id: str, value: TypedValue) -> None:
        state = self._state.setdefault((type, id), {})
        request = ToFunction()
        request.invocation.target.namespace, request.invocation.target.type = self._namespace, type
        request.invocation.target.id = id
        for name, held in state.items():
            stored = request.invocation.state.add()
            stored.state_name = name
            stored.state_value.CopyFrom(held)
        request.invocation.invocations.add().argument.CopyFrom(value)
        answer = FromFunction()
        answer.ParseFromString(asyncio.run(self._handler.handle_async(request.SerializeToString())))
        if answer.HasField("incomplete_invocation_context"):
            for missing in answer.incomplete_invocation_context.missing_values:
                state[missing.state_name] = TypedValue()
                if missing.expiration_spec.expire_after_millis:
                    self.expiry[type] = missing.expiration_spec.expire_after_millis
            self._call(type, id, value)
            return
        result = answer.invocation_result
        for mutation in result.state_mutations:
            state[mutation.state_name] = mutation.state_value
        for sent in result.outgoing_messages:
            self._waiting.append((sent.target.type, sent.target.id, sent.argument))
        for egress in result.outgoing_egresses:
            record = KafkaProducerRecord()
            record.ParseFromString(egress.argument.value)
            self.written.setdefault(record.topic, []).append((record.key, record.value_bytes))
