"""The gateway: a FastAPI application that serves one app's entities over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Response
from starlette.exceptions import HTTPException
from starlette.requests import Request as StarletteRequest

from stateflow.adapters.service import Service
from stateflow.gateway.entities import Entities, Limits
from stateflow.gateway.http import Receive, Scope, Send, respond_problem, segments
from stateflow.gateway.logs import Log
from stateflow.gateway.metrics import CONTENT_TYPE, Metrics
from stateflow.gateway.openapi import openapi
from stateflow.gateway.problems import MEDIA_TYPE, Problem, not_found, plain
from stateflow.gateway.schemas import Schemas
from stateflow.gateway.surface import read_surface
from stateflow.step.app import App

FIXED = frozenset({"docs", "openapi.json", "healthz", "metrics"})
"""The paths that are not entities; they answer GET alone, so that an entity of such a name is served too."""


class Gateway(FastAPI):
    """Serves an app through a service.

    Requests to entities do not pass FastAPI's router, which would decode their keys: they are routed on the raw path.
    """

    def __init__(
        self,
        app: App,
        service: Service,
        limits: Limits | None = None,
        metrics: Metrics | None = None,
        log: Log | None = None,
    ) -> None:
        super().__init__(title=app.name, redoc_url=None, swagger_ui_oauth2_redirect_url=None)
        self.metrics = metrics or Metrics()
        self.log = log or Log("warning")
        surface = read_surface(app.ir)
        schemas = Schemas(surface, app.classes)
        self._document = openapi(surface, schemas, app.digest[:12] or "0")
        self._entities = Entities(app, surface, schemas, service, limits or Limits(), self.metrics, self.log)
        self._health = {"status": "ok", "app": app.name, "digest": app.digest}
        self.add_api_route("/healthz", self._healthz, methods=["GET", "HEAD"])
        self.add_api_route("/metrics", self._metrics, methods=["GET", "HEAD"])
        self.add_exception_handler(HTTPException, _http_problem)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle an ASGI connection."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        try:
            path = segments(scope.get("raw_path") or scope["path"].encode())
            fixed = len(path) == 1 and path[0] in FIXED
            if path[0] in self._entities and not (fixed and scope["method"] in {"GET", "HEAD"}):
                await self._entities.serve(scope, path, receive, send)
            elif fixed:
                await super().__call__(scope, receive, send)
            else:
                raise not_found(f"There is no entity {path[0]!r}." if path[0] else "See /docs.", "entity-not-known")
        except Problem as problem:
            self.metrics.answered("", "", problem.status, 0.0)
            await respond_problem(send, problem)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        return self._document

    async def _healthz(self) -> dict[str, str]:
        return self._health

    async def _metrics(self) -> Response:
        return Response(self.metrics.text(), headers={"content-type": CONTENT_TYPE})


async def _http_problem(_: StarletteRequest, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    problem = plain(status, "http", str(getattr(error, "detail", "")))
    return Response(problem.body(), status, headers, MEDIA_TYPE)
