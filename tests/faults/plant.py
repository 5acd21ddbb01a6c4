"""Plants faults in the rules, one at a time in a copy of the tree, and says whether the tests kill them.

`python tests/faults/plant.py` plants all of `faults.toml`; words narrow it down to the faults whose name has them all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from time import monotonic

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path("src/mailchimpsync")
AT_A_TIME = 2
SECONDS_MAX = 240
SECONDS_MAX_OF_ALL = 1_800
_NEEDED = ("src", "tests", "pyproject.toml")
SURVIVED, KILLED = "SURVIVED", "killed"
_ENDS = {0: SURVIVED, 1: KILLED}
"""What pytest's exit code means; any other one says that the test did not run, which proves nothing."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: in a file under `src/mailchimpsync`, `find` becomes `replace`; `test` is the pytest node that fails."""

    name: str
    file: str
    find: str
    replace: str
    test: str

    def planted_in(self, source: str) -> str:
        """Return a source with the fault.

        Raises:
            ValueError: the text to be replaced is not there exactly once.
        """
        if (number := source.count(self.find)) != 1:
            message = f"{self.name}: the text to be replaced is {number} times in {self.file}"
            raise ValueError(message)
        return source.replace(self.find, self.replace)


def read_faults() -> list[Fault]:
    """Return the faults of `faults.toml`."""
    with Path(__file__).with_name("faults.toml").open("rb") as file:
        return [Fault(**one) for one in tomllib.load(file)["fault"]]


@contextmanager
def planted(fault: Fault, tree: Path) -> Iterator[None]:
    """Plant a fault in a tree, and take it out at the end."""
    path = tree / SOURCE / fault.file
    sound = path.read_text()
    path.write_text(fault.planted_in(sound))
    try:
        yield
    finally:
        path.write_text(sound)


def run_tests(tests: Sequence[str], tree: Path, seconds: int = SECONDS_MAX) -> str:
    """Run tests in a tree, with the sources of that tree, up to the first that fails, and say how that ended."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-x", "-p", "no:cacheprovider", *tests]
    ours = {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1", "MAILCHIMPSYNC_THOROUGH": "1"}
    try:
        ended = subprocess.run(  # noqa: S603 (our own interpreter, with tests named in our own list)
            command, cwd=tree, env={**os.environ, **ours}, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return "DID NOT END"
    return _ENDS.get(ended.returncode, "DID NOT RUN")


def plant(faults: Sequence[Fault]) -> bool:
    """Plant faults, print what becomes of each, and return whether all were killed."""
    with TemporaryDirectory(prefix="mailchimpsync-faults-") as place:
        trees = [_copy_of_the_tree(Path(place) / str(number)) for number in range(AT_A_TIME)]
        unharmed = run_tests(sorted({fault.test for fault in faults}), trees[0], SECONDS_MAX_OF_ALL)
        if unharmed != SURVIVED:
            print(f"Without any fault the tests ended with “{unharmed}”, so they prove nothing.")
            return False
        free: SimpleQueue[Path] = SimpleQueue()
        for tree in trees:
            free.put(tree)

        def try_out(fault: Fault) -> bool:
            tree, began = free.get(), monotonic()
            try:
                with planted(fault, tree):
                    end = run_tests([fault.test], tree)
            finally:
                free.put(tree)
            print(f"{end:<11} {monotonic() - began:5.1f} s  {fault.name}", flush=True)
            return end == KILLED

        with ThreadPoolExecutor(AT_A_TIME) as executor:
            return all(list(executor.map(try_out, faults)))


def _copy_of_the_tree(place: Path) -> Path:
    place.mkdir()
    for name in _NEEDED:
        here = ROOT / name
        if here.is_dir():
            shutil.copytree(here, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(here, place / name)
    return place


def main(words: Sequence[str]) -> int:
    """Plant the faults whose name has all the words, and return the exit code."""
    faults = [fault for fault in read_faults() if all(word.lower() in fault.name.lower() for word in words)]
    if not faults:
        print("No fault has such a name.")
        return 1
    began = monotonic()
    all_killed = plant(faults)
    print(
        f"{len(faults)} faults in {monotonic() - began:.0f} s; " + ("all killed." if all_killed else "not all killed.")
    )
    return 0 if all_killed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
