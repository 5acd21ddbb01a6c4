"""The seeds to simulate: `--seed 123` one, `--seeds 1000` that many; CI sets the number in the environment."""

from __future__ import annotations

import os

import pytest

SEEDS = int(os.environ.get("MAILCHIMPSYNC_SIMULATION_SEEDS", "4"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, help="simulate this seed only, and print its diary")
    parser.addoption("--seeds", type=int, default=SEEDS, help="how many seeds to simulate")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        one = metafunc.config.getoption("--seed", None)
        number = metafunc.config.getoption("--seeds", SEEDS)
        metafunc.parametrize("seed", [one] if one is not None else range(number))
