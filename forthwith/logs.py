"""One renderer for everything that logs: ours, the SDK's with its workflow context, and the libraries'."""

import io
import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger
from temporalio import activity, workflow

from forthwith.settings import Settings
from forthwith.visible import visible

_CONTEXT = ("temporal_workflow", "temporal_activity")
_KEPT = ("workflow_id", "workflow_type", "run_id", "activity_type", "attempt", "update_id", "update_name")


def configure_logs(settings: Settings, *, level: str = "") -> None:
    """Sends all logs to stderr, as readable lines or as one JSON object a line. Never bodies, addresses or secrets.

    ``level`` overrides the configured one: an operator's command logs only what went wrong.
    """
    # The context stands in fields of its own; in the message it would only stand there twice.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _flatten_context,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    rendered: list[structlog.typing.Processor]
    if settings.log_format == "json":
        rendered = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        # Plain: an exception in a workflow is rendered inside its sandbox, which refuses what rich imports then.
        rendered = [
            _visible_fields,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_visible_traceback),
        ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level or settings.log_level)


def _visible_fields(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """One line for each event, on which text from outside acts on nothing. JSON escapes it by itself."""
    return {name: visible(value) if isinstance(value, str) else value for name, value in event.items()}


def _visible_traceback(into: TextIO, exception: ExcInfo) -> None:
    written = io.StringIO()
    structlog.dev.plain_traceback(written, exception)
    into.write(visible(written.getvalue(), keep="\n\t"))


def _flatten_context(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The SDK's context as plain fields, without what only repeats itself."""
    for name in _CONTEXT:
        context: dict[str, Any] = event.pop(name, {})
        event.update({key: context[key] for key in _KEPT if key in context})
    for name in ("workflow_info", "activity_info"):
        event.pop(name, None)
    return event
