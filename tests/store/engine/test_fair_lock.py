"""Threads that take turns."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import pytest

from mailchimpsync.store import Store
from mailchimpsync.store.engine.fair_lock import FairLock

PATIENCE_SECONDS = 30


def test_the_first_to_wait_is_served_first_even_if_another_never_pauses() -> None:
    turns, served, is_held = FairLock(), list[str](), Event()

    def often() -> None:
        for _ in range(50):
            with turns.turn(PATIENCE_SECONDS):
                is_held.set()
                served.append("often")
                while not turns._waiting and "once" not in served:
                    pass

    def once() -> None:
        assert is_held.wait(PATIENCE_SECONDS)
        with turns.turn(PATIENCE_SECONDS):
            served.append("once")

    threads = [Thread(target=often), Thread(target=once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)

    assert served.index("once") == 1
    assert len(served) == 51


def test_one_thread_at_a_time() -> None:
    turns, inside, most = FairLock(), list[int](), list[int]()

    def work(number: int) -> None:
        for _ in range(100):
            with turns.turn(PATIENCE_SECONDS):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(work, range(8)))

    assert most == [1] * 800


def test_a_person_who_waited_in_vain_gives_up_and_keeps_nobody_waiting() -> None:
    turns = FairLock()
    with turns.turn(PATIENCE_SECONDS), pytest.raises(TimeoutError), turns.turn(0.01):
        pass

    with turns.turn(0.01):
        pass


def test_an_error_ends_a_turn() -> None:
    turns = FairLock()
    with pytest.raises(ValueError, match="oh"), turns.turn(PATIENCE_SECONDS):
        raise ValueError("oh")

    with turns.turn(0.01):
        pass


def test_threads_write_to_a_sqlite_file_in_turn(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite'}")
    with store.begin() as tx:
        tx.exec_driver_sql("CREATE TABLE one (number INTEGER)")

    def write(number: int) -> None:
        with store.begin() as tx:
            tx.exec_driver_sql("INSERT INTO one VALUES (?)", (number,))

    with ThreadPoolExecutor(16) as executor:
        list(executor.map(write, range(400)))

    with store.begin() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 400
    store.close()


def test_readers_do_not_wait_for_writers(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a.sqlite'}")
    with store.begin() as tx:
        tx.exec_driver_sql("CREATE TABLE one (number INTEGER)")
        tx.exec_driver_sql("INSERT INTO one VALUES (1)")

    with store.begin() as writing, store.reading() as reading:
        writing.exec_driver_sql("INSERT INTO one VALUES (2)")
        assert reading.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 1

    with store.reading() as reading:
        assert reading.exec_driver_sql("SELECT count(*) FROM one").scalar_one() == 2
    store.close()


def test_in_memory_readers_take_turns_with_writers() -> None:
    store = Store("sqlite://")
    with store.begin() as tx:
        tx.exec_driver_sql("CREATE TABLE one (number INTEGER)")

    def write_and_read(number: int) -> int:
        with store.begin() as tx:
            tx.exec_driver_sql("INSERT INTO one VALUES (?)", (number,))
        with store.reading() as tx:
            return int(tx.exec_driver_sql("SELECT count(*) FROM one").scalar_one())

    with ThreadPoolExecutor(8) as executor:
        assert max(executor.map(write_and_read, range(200))) == 200
    store.close()
