"""What the service writes into its log, and what it never does."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from mailchimpsync.worker.logs import HIDDEN, logger, redact, set_up_logs

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Logs as JSON into memory."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    set_up_logs(as_json=True, stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.org",
        "<Ann.O'Neil+news@sub.example.co.uk>",
        "/webhook?email=ann%40example.org&x=1",
        "fedcba9876543210fedcba9876543210-us6",
        "POST /webhook/audience?secret=short1",
        "Authorization: Bearer abc.def",
        "postgresql://ann:hunter2@db/mailchimpsync",
        "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQgaGVsbG8",
        "ännä@exämple.org",
    ],
)
def test_what_looks_like_an_address_or_a_secret_is_hidden(text: str) -> None:
    found = redact(f"it failed: {text} there")

    assert HIDDEN in found
    for piece in ("ann@", "ann%40", "fedcba", "short1", "abc.def", "hunter2", "aGVs", "exämple", "O'Neil+news@"):
        assert piece not in found


@pytest.mark.parametrize("text", ["audience a1b2c3d4e5, group 8", "GET /api/Mailchimpsync/getstatus 200", "2026-11-20"])
def test_what_is_harmless_stays(text: str) -> None:
    assert redact(text) == text


@given(st.emails())
def test_no_address_comes_through(address: str) -> None:
    assert address not in redact(f"the member {address} is gone")


def test_a_line_is_json_with_what_happened_and_when(lines: Lines) -> None:
    logger().info("run.ends", outcome="done", changes={"Mailchimp": 2})

    [line] = lines()
    assert line["event"] == "run.ends"
    assert line["level"] == "info"
    assert line["changes"] == {"Mailchimp": 2}
    assert line["timestamp"].endswith("Z")


def test_secrets_are_hidden_by_their_names_too_however_deep(lines: Lines) -> None:
    logger().info("odd", api_key="k", about={"webhook_secret": "s", "who": ["ann@example.org"]}, token_id=7)

    [line] = lines()
    assert (line["api_key"], line["about"], line["token_id"]) == (
        HIDDEN,
        {"webhook_secret": HIDDEN, "who": [HIDDEN]},
        7,
    )


def test_the_traceback_of_a_surprise_names_nobody(lines: Lines) -> None:
    error = ValueError("no member ann@example.org, key fedcba9876543210fedcba9876543210-us6")

    logger().error("loop.failed", exc_info=error)

    [line] = lines()
    assert "ValueError" in line["exception"]
    assert "ann@" not in line["exception"]
    assert "fedcba" not in line["exception"]


def test_lines_of_libraries_are_redacted_likewise(lines: Lines) -> None:
    logging.getLogger("gunicorn.error").warning("Bad request from %s", "ann@example.org")
    logging.getLogger("httpx2").info("GET https://example.org/members/ann@example.org")

    [line] = lines()
    assert line["event"] == f"Bad request from {HIDDEN}"
