"""Random charities in random trouble: once it is over, both sides agree, and nobody was wronged.

Replay one with `python -m pytest tests/simulation --seed 123`.
"""

from __future__ import annotations

import pytest

from support.simulation import simulate


def test_after_any_trouble_both_sides_agree_and_nobody_was_wronged(seed: int) -> None:
    report = simulate(seed)
    assert not report.problems, "\n".join([f"seed {seed}", *report.diary, *report.problems])


@pytest.mark.parametrize("same", [2, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (3, 17, 42, 99))])
def test_the_same_seed_tells_the_same_story(same: int) -> None:
    first, second = simulate(same), simulate(same)
    assert (first.diary, first.journal) == (second.diary, second.journal)
