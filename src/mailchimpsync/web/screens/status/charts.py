"""Charts of a connection's past: members on both sides, and what each run changed. Pure geometry, for SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, log10

from mailchimpsync.actions import ConnectionStatus, PastRun, getruns
from mailchimpsync.config import Link
from mailchimpsync.model import ChangeKind
from mailchimpsync.web.screens.screen import Visit

RUNS_LOOKED_AT = 200
POINTS_MAX, BARS_MAX = 60, 24

WIDTH, HEIGHT = 400, 150
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 8, 22

_IN_CIVICRM = (ChangeKind.JOIN, ChangeKind.REMOVE, ChangeKind.CREATE, ChangeKind.CORRECT)


@dataclass(frozen=True, slots=True)
class Point:
    """How many people were subscribed on each side at a time."""

    at: datetime
    civicrm: int
    mailchimp: int


@dataclass(frozen=True, slots=True)
class Bar:
    """For how many people a run changed something on each side; a person counts once for each kind of change."""

    run_id: int
    at: datetime
    civicrm: int
    mailchimp: int


@dataclass(frozen=True, slots=True)
class History:
    """A connection's past, oldest first."""

    list_id: str
    points: Sequence[Point]
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Tick:
    """A grid line of a chart: its position and value."""

    y: float
    value: int


@dataclass(frozen=True, slots=True)
class LineChart:
    """Two lines as `points` of SVG, and the end of each."""

    civicrm: str
    mailchimp: str
    ends: tuple[tuple[str, float, float], ...]
    ticks: Sequence[Tick]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A bar: its side, position, size and meaning."""

    side: str
    x: float
    y: float
    width: float
    height: float
    run_id: int
    at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class BarChart:
    """Two bars for each run."""

    bars: Sequence[Rectangle]
    ticks: Sequence[Tick]


def history_of(visit: Visit, link: Link) -> History:
    """Return the past of a connection, from its runs."""
    runs = list(reversed(getruns(visit.site, list_id=link.audience_id, limit=RUNS_LOOKED_AT)))
    changing = [_bar(run) for run in runs if run.finished_at is not None]
    points = sorted(_points(runs), key=lambda point: point.at)
    return History(link.audience_id, _thinned(points), changing[-BARS_MAX:])


def with_now(history: History, status: ConnectionStatus, now: datetime) -> History:
    """Add today's numbers as the last point, once there are any."""
    if not status.is_counted:
        return history
    point = Point(now, status.subscribed_at_civicrm, status.subscribed_at_mailchimp)
    return History(history.list_id, [*history.points, point], history.bars)


def _points(runs: Iterable[PastRun]) -> Iterable[Point]:
    for run in runs:
        civicrm, mailchimp = run.subscribed_at_civicrm, run.subscribed_at_mailchimp
        if run.finished_at is not None and civicrm is not None and mailchimp is not None:
            yield Point(run.finished_at, civicrm, mailchimp)


def _bar(run: PastRun) -> Bar:
    in_civicrm = sum(run.changes.get(kind.value, 0) for kind in _IN_CIVICRM)
    return Bar(run.id, run.started_at.astimezone(UTC), in_civicrm, sum(run.changes.values()) - in_civicrm)


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """Keep at most `POINTS_MAX` points, evenly spread; the first and the last always stay."""
    step = max(1, ceil(len(points) / POINTS_MAX))
    return [point for place, point in enumerate(points) if place % step == 0 or place == len(points) - 1]


def line_chart(points: Sequence[Point]) -> LineChart | None:
    """Draw both sides over time; None without points."""
    if not points:
        return None
    values = [value for point in points for value in (point.civicrm, point.mailchimp)]
    low, high, step = _range(min(values), max(values))
    begin, end = points[0].at, points[-1].at
    span = (end - begin).total_seconds() or 1.0

    def x(point: Point) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * ((point.at - begin).total_seconds() / span if len(points) > 1 else 0.5)

    def line(values: Iterable[tuple[Point, int]]) -> str:
        return " ".join(f"{x(point):.1f},{_y(value, low, high):.1f}" for point, value in values)

    last = points[-1]
    ends = (
        ("civicrm", round(x(last), 1), round(_y(last.civicrm, low, high), 1)),
        ("mailchimp", round(x(last), 1), round(_y(last.mailchimp, low, high), 1)),
    )
    return LineChart(
        line((point, point.civicrm) for point in points),
        line((point, point.mailchimp) for point in points),
        ends,
        _ticks(low, high, step),
    )


def bar_chart(bars: Sequence[Bar]) -> BarChart | None:
    """Draw two bars for each run; None if no run changed anything."""
    highest = max((max(bar.civicrm, bar.mailchimp) for bar in bars), default=0)
    if not highest:
        return None
    _, high, step = _range(0, highest)
    slot = (WIDTH - LEFT - RIGHT) / max(len(bars), 8)
    width = slot * 0.36
    found = []
    for place, bar in enumerate(bars):
        for side, number, shift in (("civicrm", bar.civicrm, 0.12), ("mailchimp", bar.mailchimp, 0.52)):
            y = _y(number, 0, high)
            left, height = LEFT + slot * (place + shift), HEIGHT - BOTTOM - y
            if number:
                box = (round(left, 1), round(y, 1), round(width, 1), round(max(height, 1.5), 1))
                found.append(Rectangle(side, *box, bar.run_id, bar.at, number))
    return BarChart(found, _ticks(0, high, step))


def _y(value: float, low: int, high: int) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low))


def _step(span: int) -> int:
    """Return a round number that divides a span into a few steps."""
    size: int = 10 ** max(0, floor(log10(max(span, 1) / 2)))
    return next(size * many for many in (1, 2, 5, 10) if size * many * 2 >= span)


def _range(low: int, high: int) -> tuple[int, int, int]:
    """Return round limits around values, never equal, and the step between grid lines."""
    step = _step(high - low)
    bottom, top = floor(low / step) * step, ceil(high / step) * step
    return (max(0, bottom - step), top + step, step) if bottom == top else (bottom, top, step)


def _ticks(low: int, high: int, step: int) -> list[Tick]:
    return [Tick(round(_y(value, low, high), 1), value) for value in range(low, high + 1, step)]
