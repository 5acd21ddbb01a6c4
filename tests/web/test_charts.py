"""A connection's past year in numbers: months, reasons for leaving, growth, and the little line of the overview."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mailchimpsync.actions import Growth
from mailchimpsync.actions.runs.growth import Day
from mailchimpsync.web.screens.status.charts import SPARK_HEIGHT, SPARK_WIDTH, months_of, reasons_of, sparkline

FIRST = date(2026, 1, 30)
DAYS = [
    Day(FIRST, 100, 98, 3, 0),
    Day(FIRST + timedelta(days=1), None, None, 0, 2),
    Day(FIRST + timedelta(days=2), 110, 102, 5, 8),
]


def test_a_month_has_the_people_at_its_end_and_the_sums_of_its_days() -> None:
    february, january = months_of(DAYS)

    assert (january.civicrm, january.mailchimp, january.joined, january.left) == (100, 98, 3, 2)
    assert (february.civicrm, february.mailchimp, february.joined, february.left) == (110, 102, 5, 8)


def test_growth_and_churn_are_those_of_the_counted_days() -> None:
    growth = Growth(DAYS, {}, [])

    assert (growth.joined, growth.left, growth.net, growth.churn) == (8, 10, 4, 0.1)
    assert (Growth([], {}, []).net, Growth([], {}, []).churn) == (None, None)


def test_reasons_that_people_would_call_the_same_are_one_and_unknown_ones_are_others() -> None:
    growth = Growth(DAYS, {"MAILCHIMP_BOUNCED": 2, "DEPARTED_ON_HOLD": 4, "MAILCHIMP_LEFT": 3, "OF_ANOTHER": 1}, [])

    assert [(str(one.label), one.number, one.percent) for one in reasons_of(growth)] == [
        ("The address bounced", 6, 60),
        ("Unsubscribed at Mailchimp", 3, 30),
        ("Other reasons", 1, 10),
    ]


@pytest.mark.parametrize("numbers", [[5, 5], [0, 250_000, 3], list(range(30))])
def test_a_little_line_stays_in_its_frame_and_goes_up_with_the_numbers(numbers: list[int]) -> None:
    spots = [tuple(map(float, spot.split(","))) for spot in sparkline(numbers).split()]

    assert len(spots) == len(numbers)
    assert all(0 < x < SPARK_WIDTH and 0 < y < SPARK_HEIGHT for x, y in spots)
    assert max(spots, key=lambda spot: -spot[1])[0] == spots[numbers.index(max(numbers))][0]
    assert sparkline([7]) == ""
