"""Charts: where lines and bars stand, for whatever numbers there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailchimpsync.web.screens.status.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Bar,
    Point,
    bar_chart,
    line_chart,
)

DAY = datetime(2026, 11, 20, tzinfo=UTC)


def points(*numbers: tuple[int, int]) -> list[Point]:
    return [Point(DAY + timedelta(days=day), *pair) for day, pair in enumerate(numbers)]


def spots(line: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (spot.split(",") for spot in line.split())]


@pytest.mark.parametrize(
    "numbers",
    [
        [(0, 0)],
        [(392, 383)],
        [(5, 5), (5, 5)],
        [(0, 1), (250_000, 249_999)],
        [(199_700, 199_900), (200_300, 199_800), (200_000, 200_000)],
    ],
)
def test_every_point_is_within_the_frame_and_every_line_across_too(numbers: list[tuple[int, int]]) -> None:
    chart = line_chart(points(*numbers))

    assert chart is not None
    for x, y in (*spots(chart.civicrm), *spots(chart.mailchimp)):
        assert LEFT <= x <= WIDTH - RIGHT
        assert TOP <= y <= HEIGHT - BOTTOM
    assert 2 <= len(chart.ticks) <= 5
    assert chart.ticks[0].value <= min(map(min, numbers)) <= max(map(max, numbers)) <= chart.ticks[-1].value


def test_more_people_stand_higher_and_later_days_further_on() -> None:
    chart = line_chart(points((10, 5), (20, 5), (30, 5)))

    assert chart is not None
    found = spots(chart.civicrm)
    assert found == sorted(found)
    assert [y for _, y in found] == sorted((y for _, y in found), reverse=True)


def test_without_anything_to_draw_there_is_no_chart() -> None:
    assert line_chart([]) is None
    assert bar_chart([]) is None
    assert bar_chart([Bar(1, DAY, 0, 0)]) is None


def test_one_change_among_thousands_is_still_to_be_seen() -> None:
    chart = bar_chart([Bar(1, DAY, 1, 0), Bar(2, DAY, 9_000, 4_000)])

    assert chart is not None
    assert [(bar.run_id, bar.side, bar.number) for bar in chart.bars] == [
        (1, "civicrm", 1),
        (2, "civicrm", 9_000),
        (2, "mailchimp", 4_000),
    ]
    assert all(bar.height >= 1.5 for bar in chart.bars)
