"""Which seeds are lived through: `--seed 123` one, `--seeds 1000` that many; CI says 200 by the environment."""

from __future__ import annotations

import os

import pytest

KNOWN_FAULTS = {
    262: "who was merged into a contact that left with another address is unsubscribed, though no staff removed them",
    287: "a very old member, whose id is not the hash of its address, is not found by an erasure before the first sync",
}
"""Seeds that show faults which are known and not mended yet; one that is mended fails here until it is taken out."""

SEEDS = int(os.environ.get("MAILCHIMPSYNC_SIMULATION_SEEDS", "10"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, help="live through this seed only, and tell its diary")
    parser.addoption("--seeds", type=int, default=SEEDS, help="how many seeds to live through")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        one = metafunc.config.getoption("--seed", None)
        number = metafunc.config.getoption("--seeds", SEEDS)
        metafunc.parametrize("seed", [one] if one is not None else [_marked(seed) for seed in range(number)])


def _marked(seed: int) -> object:
    if seed not in KNOWN_FAULTS:
        return seed
    return pytest.param(seed, marks=pytest.mark.xfail(reason=KNOWN_FAULTS[seed], strict=True))
