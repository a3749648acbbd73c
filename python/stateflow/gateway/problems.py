"""Problem documents (RFC 9457): what every refusal of the gateway looks like on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:stateflow:problem:"


@dataclass(slots=True)
class Problem(Exception):
    """A request that is answered with a problem document.

    `kind` completes the `type` URN, `extra` holds members beyond the standard four, and `headers` go out with it.
    """

    status: int
    kind: str
    title: str
    detail: str
    extra: Mapping[str, object] = field(default_factory=dict)
    headers: Sequence[tuple[bytes, bytes]] = ()

    def body(self) -> bytes:
        """The document as JSON."""
        document: dict[str, object] = {
            "type": TYPE_PREFIX + self.kind,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        document.update(self.extra)
        return json.dumps(document).encode()


def not_found(detail: str, kind: str = "not-found") -> Problem:
    """404: there is no such address, entity or method."""
    return Problem(404, kind, "Not Found", detail)


def method_not_allowed(allowed: str) -> Problem:
    """405, naming the methods that the resource has."""
    return Problem(
        405,
        "method-not-allowed",
        "Method Not Allowed",
        f"This resource answers {allowed}.",
        headers=[(b"allow", allowed.encode())],
    )


def bad_request(kind: str, detail: str) -> Problem:
    """400: the request could not be read."""
    return Problem(400, kind, "Bad Request", detail)


def invalid_arguments(errors: Sequence[Mapping[str, object]]) -> Problem:
    """422: the arguments do not fit the parameters; `errors` names each field."""
    count = len(errors)
    detail = "One argument is not valid." if count == 1 else f"{count} arguments are not valid."
    return Problem(422, "invalid-arguments", "Invalid Arguments", detail, {"errors": list(errors)})


def invalid_body(detail: str) -> Problem:
    """422: the body is JSON, but not an object of arguments."""
    return Problem(422, "invalid-arguments", "Invalid Arguments", detail, {"errors": []})


def plain(status: int, kind: str, detail: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> Problem:
    """A problem whose title is the phrase of its status."""
    return Problem(status, kind, HTTPStatus(status).phrase, detail, headers=headers)
