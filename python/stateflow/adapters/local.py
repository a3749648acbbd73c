"""The local target: one process, SQLite, and the gateway in front of it. A bundle's `main.py` calls `main`."""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from stateflow.adapters.interleaved import Interleaved
from stateflow.adapters.local_service import LocalService
from stateflow.adapters.local_store import Store
from stateflow.gateway.logs import Log
from stateflow.gateway.metrics import Metrics
from stateflow.gateway.run import serve
from stateflow.step.app import App


def main(bundle: Path, arguments: Sequence[str] | None = None) -> int:
    """Serve a bundle until it is told to stop; returns the exit status: 0, or 2 where it could not be served."""
    return serve(bundle, _parser(), _start, arguments)


def _start(options: argparse.Namespace, app: App, metrics: Metrics, log: Log) -> LocalService | Interleaved:
    if options.interleave is not None:
        return Interleaved(app, options.interleave)
    store = Store(options.data, app.name, {entity["name"]: entity["key"]["type"] for entity in app.ir["entities"]})
    return LocalService(app, store, metrics.batch_done, _failed(log))


def _failed(log: Log) -> Callable[[str, BaseException], None]:
    def write(request: str, error: BaseException) -> None:
        text = "".join(traceback.format_exception(error))
        log.write("error", "the step engine failed", request=request, exception=text)

    return write


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="Serve the entities of this bundle over HTTP and keep their state in SQLite.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--data", type=Path, default=Path("data"), metavar="DIR", help="where the state is kept")
    add(
        "--interleave",
        type=int,
        metavar="SEED",
        help="keep all in memory and let requests take turns message by message, as the seed says",
    )
    return parser
