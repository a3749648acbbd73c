"""Serves an app from memory, one message at a time in an order that a seed gives, so that a user sees what that does to it."""

from __future__ import annotations

import asyncio

from stateflow.adapters.memory import Memory
from stateflow.adapters.service import Request
from stateflow.errors import StateflowError
from stateflow.step.app import App
from stateflow.step.message import Address
from stateflow.step.reply import Reply

PAUSE = 0.01
"""Seconds before each message is handled, in which other clients' requests arrive and can come in between."""


class Interleaved:
    """A `Service` that keeps nothing. Requests sent at the same time take turns message by message."""

    def __init__(self, app: App, seed: int, pause: float = PAUSE) -> None:
        self._memory = Memory(app, seed=seed)
        self._pause = pause

    async def submit(self, request: Request) -> Reply:
        """Run a request and return its answer."""
        memory = self._memory
        memory.post(request)
        while request.id not in memory.replies:
            await asyncio.sleep(self._pause)
            if request.id not in memory.replies and not memory.advance():
                reasons = "; ".join(memory.set_aside.values()) or "nothing answered"
                raise StateflowError(f"request {request.id} was set aside: {reasons}")
        return memory.replies[request.id]

    async def fields(self, address: Address) -> dict[str, object] | None:
        """Return the fields of an entity, with references as `Address`; None where it does not exist."""
        return await self._memory.fields(address)

    def close(self, grace: float) -> bool:
        """Stop; there is nothing that would have to be stored in these seconds."""
        del grace
        return True
