"""What can be set about the stand-in's behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal


def _dwell_default() -> dict[str, float]:
    return {"pending": 0.02, "preprocessing": 0.02, "started": 0.02, "finalizing": 0.02}


SLOW: dict[str, Any] = {
    "cost_base_seconds": 0.36,
    "bulk_seconds": 10.0,
    "batch_dwell": {"pending": 40.0},
    "batch_operations_per_second": 10.0,
    "parallel_batches": False,
}
"""Options as slow as the real service was seen to be (docs/reference/mailchimp-behaviour.md#how-long-it-takes)."""


@dataclass
class Options:
    """Behaviour that tests choose; the defaults are quick and as close to the real service as speed allows."""

    batch_dwell: dict[str, float] = field(default_factory=_dwell_default)  # seconds in each state
    parallel_batches: bool = True  # False: an account's batches wait for one another
    shuffle_batches: bool = False  # operations run and results come in another order than sent
    batch_operations_per_second: float = 0.0  # how quickly a started batch is worked off; 0: at once
    batch_page_size: int = 1000  # of a GET operation without a count
    batch_file_rows: int = 250  # results in one file of the archive
    batches_pending_max: int = 500
    batch_webhook_events_max: int = 500  # waiting, of one account
    concurrency_max: int = 10  # requests of one account processed at a time
    bulk_max: int = 500  # members in one call of POST /lists/{id}
    allow_example_addresses: bool = True  # the real service calls example.com, .org and .net fake
    throttled_addresses: list[str] = field(default_factory=list)  # refused for too many sign-ups
    # Operations of batches, and changes of single members, that are refused: {"status": 403, "address": …,
    # "times": …}; without an address everybody's, without a number each time. `times` counts down.
    refused_operations: list[dict[str, Any]] = field(default_factory=list)
    hide_archived: bool = True  # in an unfiltered read
    count_above_max: Literal["clamp", "refuse"] = "clamp"
    language: Literal["en", "de"] = "en"  # of the messages about single fields
    cost_base_seconds: float = 0.0  # every request is held this long inside its slot
    bulk_seconds: float = 0.0  # a call of POST /lists/{id} is held this long instead
    cost_per_offset_row_seconds: float = 0.0
    cost_per_row_seconds: float = 0.0
    validate_webhooks: bool = True  # a GET of the URL must answer 200 before a webhook is saved
    webhook_timeout_seconds: float = 10.0
    webhook_retry_seconds: list[float] = field(default_factory=lambda: [60.0, 300.0, 900.0, 1500.0, 1740.0])
    webhook_copies: int = 1  # 2: every delivery arrives twice
    webhook_reversed: bool = False  # the events of one change arrive in the wrong order
    webhook_queue_max: int = 10_000  # beyond it the oldest delivery is dropped and counted
    gzip: bool = False  # compress answers for those who accept it

    def set(self, values: dict[str, Any]) -> dict[str, Any]:
        """Change the named options and return all of them.

        Raises:
            ValueError: no such option.
        """
        known = {option.name for option in fields(self)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"no such option: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        for name, value in values.items():
            setattr(self, name, self.batch_dwell | value if name == "batch_dwell" else value)
        return {name: getattr(self, name) for name in sorted(known)}
