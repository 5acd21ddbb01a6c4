"""Updates take the lane that is quickest for what they are and how many."""

from __future__ import annotations

import pytest

from mailchimpsync.decide.lanes import LaneReason, Share, shares, together
from mailchimpsync.model import Lane, LaneChoice


@pytest.mark.parametrize(
    ("numbers", "ways"),
    [
        ((0, 0, 0), []),
        ((3, 0, 0), [("direct", "opt-outs", 3)]),
        ((3, 400, 600), [("direct", "opt-outs", 3), ("direct", "few", 1_000)]),
        ((0, 401, 600), [("bulk", "new members", 401), ("direct", "few", 600)]),
        ((5, 50_000, 2_000), [("direct", "opt-outs", 5), ("bulk", "new members", 50_000), ("batch", "many", 2_000)]),
    ],
)
def test_a_few_go_directly_many_new_ones_in_bulk_and_many_others_in_batches(
    numbers: tuple[int, int, int], ways: list[tuple[str, str, int]]
) -> None:
    assert [(one.lane, one.reason, one.number) for one in shares(*numbers, LaneChoice.AUTO)] == ways


def test_batches_only_means_everything() -> None:
    assert [(one.lane, one.reason, one.number) for one in shares(1, 2, 3, LaneChoice.BATCHES)] == [
        ("batch", "configured", 6)
    ]


@pytest.mark.parametrize(
    ("lane", "number", "seconds"), [("direct", 1_000, 45), ("bulk", 100_000, 250), ("batch", 1_000, 140)]
)
def test_how_long_it_takes_is_told_for_a_mailchimp_as_quick_as_usual(lane: str, number: int, seconds: float) -> None:
    [reason] = {one.reason for one in shares(1, 0, 0, LaneChoice.AUTO)}
    assert Share(Lane(lane), reason, number).seconds == pytest.approx(seconds)


def test_what_mailchimp_has_done_of_a_batch_takes_no_more_time() -> None:
    first, second = (Share(Lane.BATCH, LaneReason.MANY, 1_000, done) for done in (900, 0))
    few = Share(Lane.DIRECT, LaneReason.FEW, 8)

    [batches, direct] = together([first, few, second])

    assert (batches.number, batches.seconds, direct) == (2_000, 110, few)
