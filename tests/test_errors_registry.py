"""Every code is explained, in whole sentences, and every error has its exit code and its remedy."""

from __future__ import annotations

import pytest

from mailchimpsync import errors
from mailchimpsync.errors import (
    REGISTRY,
    Code,
    EvidenceError,
    MailchimpsyncError,
    Retry,
    StoreError,
    TransientError,
)
from mailchimpsync.store.schema import cache, journal

EXIT_CODES = {
    "MailchimpsyncError": 1,
    "UsageError": 2,
    "ConfigurationError": 7,
    "ConfirmationError": 7,
    "DeniedError": 1,
    "RemoteError": 1,
    "TransientError": 3,
    "RefusedError": 1,
    "AccessError": 7,
    "EvidenceError": 7,
    "SuspicionError": 7,
    "BusyError": 3,
    "PausedError": 7,
    "LeaseLostError": 3,
    "StoreError": 1,
}


def test_no_code_is_missing_or_left_over() -> None:
    assert set(REGISTRY) == set(Code)


def test_a_code_is_its_own_name() -> None:
    assert [code.name for code in Code] == [code.value for code in Code]


@pytest.mark.parametrize("code", Code)
def test_every_code_says_what_happened_why_and_what_to_do(code: Code) -> None:
    entry = REGISTRY[code]

    for sentence in (entry.sentence, entry.cause, entry.remedy):
        assert sentence[0].isupper()
        assert sentence.endswith(".")


@pytest.mark.parametrize("code", Code)
def test_what_passes_without_help_is_tried_again(code: Code) -> None:
    entry = REGISTRY[code]
    promises = "the next run" in entry.remedy or "tried again" in entry.remedy

    assert not promises or entry.retry in (Retry.NEXT_RUN, Retry.LATER)


@pytest.mark.parametrize("column", [cache.c.reason, journal.c.reason])
def test_every_code_fits_where_it_is_stored(column: object) -> None:
    length = getattr(getattr(column, "type", None), "length", 0)

    assert max(len(code) for code in Code) <= length


def test_every_error_has_the_exit_code_it_is_known_by() -> None:
    found = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, MailchimpsyncError)
    }

    assert found == EXIT_CODES


def test_an_error_carries_its_remedy() -> None:
    error = EvidenceError(Code.CV_GROUP_GONE, "Group 5 is not there.")

    assert str(error) == "Group 5 is not there."
    assert error.remedy == REGISTRY[Code.CV_GROUP_GONE].remedy


def test_a_locked_database_is_worth_another_try_and_a_full_one_is_not() -> None:
    assert StoreError(Code.STORE_LOCKED, "x").exit_code == TransientError.exit_code
    assert StoreError(Code.STORE_FULL, "x").exit_code == 1
