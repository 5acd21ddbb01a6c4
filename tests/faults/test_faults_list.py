"""The list of planted faults is in order: each can be planted, and its test is there. `plant.py` plants them."""

from __future__ import annotations

import ast

import pytest

from faults.plant import ROOT, SOURCE, Fault, read_faults

FAULTS = read_faults()
FAULTS_MIN = 32


def named(fault: Fault) -> str:
    return fault.name


@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_the_fault_fits_one_place_and_is_a_program_still(fault: Fault) -> None:
    sound = (ROOT / SOURCE / fault.file).read_text()
    faulty = fault.planted_in(sound)
    assert ast.dump(ast.parse(faulty)) != ast.dump(ast.parse(sound))


@pytest.mark.parametrize("fault", FAULTS, ids=named)
def test_the_test_that_kills_it_exists(fault: Fault) -> None:
    path, _, test = fault.test.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    assert test.partition("[")[0] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    names = {fault.name for fault in FAULTS}
    assert len(names) == len(FAULTS) >= FAULTS_MIN
