"""Keeps CiviCRM mailing groups and Mailchimp audiences in sync, in both directions.

Programs find the actions here: `from mailchimpsync import open_site, getstatus, call`. They are loaded on first use, so
that importing the package, as every command does, is cheap.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from mailchimpsync.actions import *  # noqa: F403 (the names are those of the actions, kept in one place)
else:

    def __getattr__(name: str) -> Any:
        """Return what `mailchimpsync.actions` offers; Python itself imports the package's modules."""
        if not name.startswith("_") and find_spec(f"{__name__}.{name}") is None:
            actions = import_module(f"{__name__}.actions")
            if name in actions.__all__:
                return getattr(actions, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*globals(), *import_module(f"{__name__}.actions").__all__]
