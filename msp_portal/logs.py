"""Logs as JSON lines; what a request or task binds (`structlog.contextvars`) stands in every line of it."""

import re
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

TOKEN_IN_PATH: Final = re.compile(r"((?:invitations|sign-in/reset/[0-9a-f]{24})(?:/|%2F))(?:[^/%&\s]|%(?!2F))+", re.IGNORECASE)


def without_tokens(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Links of invitations and password resets open something to whoever reads them, so their tokens stay out of the log."""
    for place in {"request", "path", "event"} & line.keys():
        line[place] = TOKEN_IN_PATH.sub(r"\1…", str(line[place]))
    return line


SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    without_tokens,
]


def logging_config(level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error, one JSON object a line, standard-library and structlog lines alike."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *SHARED_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processor": structlog.processors.JSONRenderer(),
                "foreign_pre_chain": SHARED_PROCESSORS,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            "fontTools": {"level": "WARNING"},
            "weasyprint": {"level": "ERROR"},
            # They name tokens and pages of the payment provider, below this level.
            "stripe": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
        },
    }
