"""Reading requests and writing responses at the level of ASGI."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from stateflow.gateway.problems import MEDIA_TYPE, Problem, bad_request, plain

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

_CLOSE = (b"connection", b"close")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_IDEMPOTENCY_KEY = re.compile(rb"[!-~]{1,255}")
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(slots=True)
class Head:
    """What the gateway reads of a request's header."""

    content_type: bytes | None = None
    length: int | None = None
    idempotency_key: str | None = None
    trace: str | None = None


def segments(raw_path: bytes) -> list[str]:
    """The decoded parts of a path; a `/` that belongs to a part is percent-encoded in it."""
    text = raw_path.decode("ascii", "replace")
    if "%" not in text and text.isascii():
        return text.split("/")[1:]
    if _BROKEN_ESCAPE.search(text) or not text.isascii():
        raise bad_request("malformed-path", "The path is not percent-encoded.")
    try:
        return [unquote_to_bytes(part).decode() for part in text.split("/")[1:]]
    except UnicodeDecodeError:
        raise bad_request("malformed-path", "The path is not percent-encoded UTF-8.") from None


def read_head(headers: Headers) -> Head:
    """Pick out and check the header fields that matter; a `traceparent` that is not valid is ignored, as W3C asks."""
    head = Head()
    for name, value in headers:
        if name == b"content-type":
            head.content_type = value
        elif name == b"content-length":
            head.length = int(value) if value.isdigit() else None
        elif name == b"idempotency-key":
            if head.idempotency_key is not None or _IDEMPOTENCY_KEY.fullmatch(value) is None:
                detail = "Idempotency-Key must be given once and consist of 1 to 255 visible ASCII characters."
                raise bad_request("invalid-idempotency-key", detail)
            head.idempotency_key = value.decode("ascii")
        elif name == b"traceparent":
            head.trace = value.decode("ascii") if _TRACEPARENT.fullmatch(value) else None
    return head


async def read_body(receive: Receive, head: Head, limit: int) -> bytes:
    """Return the whole body of at most `limit` bytes."""
    if head.length is not None and head.length > limit:
        raise _too_large(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
    if len(body) > limit:
        raise _too_large(limit)
    if message["type"] == "http.disconnect":
        raise bad_request("incomplete-body", "The connection was closed before the whole body had come.")
    if body:
        _check_json(head.content_type)
    return body


def _check_json(content_type: bytes | None) -> None:
    media = (content_type or b"").split(b";")[0].strip().lower()
    if media == b"application/json" or (media.startswith(b"application/") and media.endswith(b"+json")):
        return
    sent = media.decode("latin-1") or "no Content-Type"
    raise plain(415, "unsupported-media-type", f"Send the body as application/json; it came with {sent}.")


def _too_large(limit: int) -> Problem:
    return plain(413, "body-too-large", f"The body may have at most {limit} bytes.", headers=[_CLOSE])


async def respond(send: Send, status: int, body: bytes, media: bytes, headers: Headers = ()) -> None:
    """Send a whole response."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", media), (b"content-length", b"%d" % len(body)), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def respond_problem(send: Send, problem: Problem) -> None:
    """Send a problem document."""
    await respond(send, problem.status, problem.body(), MEDIA_TYPE.encode(), problem.headers)
