"""The PHP extension's tables from CiviCRM's own database, which is only read.

See docs/reference/php-extension.md#tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, bindparam, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mailchimpsync.civicrm.extension.php_values import NotPhpError, php_value
from mailchimpsync.civicrm.extension.rows import ExtensionRow, row_from
from mailchimpsync.civicrm.extension.work import BUSY, OpenWork, open_batches
from mailchimpsync.errors import Code, ConfigurationError, StoreError
from mailchimpsync.messages import say
from mailchimpsync.store.engine.dialect import connect_to_read

ROWS_PER_PAGE = 5_000
OPEN_MAX = 10_000
SILENT_FOR = timedelta(minutes=30)
"""A run that has logged nothing for so long has crashed, as the extension's own status page says."""

_ROWS = text(
    "SELECT id, mailchimp_member_id, mailchimp_email, mailchimp_status, mailchimp_updated, mailchimp_data, "
    "civicrm_groups, civicrm_contact_id, sync_status FROM civicrm_mailchimpsync_cache "
    "WHERE mailchimp_list_id = :list_id AND id > :after ORDER BY id LIMIT :rows"
)
_ERRORS = text(
    "SELECT u.mailchimpsync_cache_id, u.error_response FROM civicrm_mailchimpsync_update u WHERE u.id IN "
    "(SELECT MAX(id) FROM civicrm_mailchimpsync_update WHERE mailchimpsync_cache_id IN :ids "
    "GROUP BY mailchimpsync_cache_id) AND u.error_response IS NOT NULL"
).bindparams(bindparam("ids", expanding=True))
_OPEN = text(
    "SELECT SUM(u.mailchimpsync_batch_id IS NULL), SUM(u.mailchimpsync_batch_id IS NOT NULL) "
    "FROM civicrm_mailchimpsync_update u JOIN civicrm_mailchimpsync_cache c ON c.id = u.mailchimpsync_cache_id "
    "WHERE u.completed = 0 AND c.mailchimp_list_id IN :list_ids"
).bindparams(bindparam("list_ids", expanding=True))
_BATCHES = text(
    "SELECT mailchimp_list_id, mailchimp_batch_id, status, response_processed FROM civicrm_mailchimpsync_batch "
    "WHERE response_processed < 2 LIMIT :rows"
)
_STATUS = text("SELECT * FROM civicrm_mailchimpsync_status")
_NOW = text("SELECT NOW()")


class TablesByDatabase:
    """The extension's tables by SQL, all of their rows. Close it.

    Raises:
        ConfigurationError: the URL is not one of MySQL or MariaDB.
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine: Engine = connect_to_read(url)
        except (ValueError, SQLAlchemyError, ImportError) as error:
            raise ConfigurationError(
                say("CiviCRM's database can't be used: %(error)s.", error=type(error).__name__)
            ) from None

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()

    def pages(self, list_id: str) -> Iterator[Sequence[ExtensionRow]]:
        """Yield an audience's rows, in the order of their ids.

        Raises:
            StoreError: the database can't be read; the message has no address of a person.
        """
        after = 0
        while found := self._read(_ROWS, list_id=list_id, after=after, rows=ROWS_PER_PAGE):
            yield [row for one in found if (row := row_from(_as_given(one))) is not None]
            after = found[-1]["id"]

    def errors_of(self, row_ids: Sequence[int]) -> Mapping[int, str]:
        """Return the error of each row's newest update, as stored."""
        if not row_ids:
            return {}
        return {
            row["mailchimpsync_cache_id"]: str(row["error_response"]) for row in self._read(_ERRORS, ids=list(row_ids))
        }

    def open_work(self, list_ids: Collection[str]) -> OpenWork:
        """Return what isn't finished yet."""
        [counts] = self._read(_OPEN, list_ids=list(list_ids) or [""])
        unsent, sent = (int(number or 0) for number in counts.values())
        batches = open_batches(self._read(_BATCHES, rows=OPEN_MAX), list_ids)
        [now] = self._read(_NOW)[0].values()
        busy = {
            row["list_id"]: _is_silent(state, now)
            for row in self._read(_STATUS)
            if row["list_id"] in list_ids and (state := _state(row)).get("lock") == BUSY
        }
        over = [key for key, is_over in busy.items() if is_over]
        return OpenWork(unsent, sent, batches, sorted(busy.keys() - set(over)), over)

    def _read(self, query: Any, **values: Any) -> Sequence[Mapping[str, Any]]:
        try:
            with self._engine.connect() as connection:
                return [dict(row) for row in connection.execute(query, values).mappings()]
        except DBAPIError as error:
            code = error.orig.args[0] if error.orig is not None and error.orig.args else ""
            what = say("CiviCRM's database can't be read (%(error)s)", error=f"{type(error.orig).__name__} {code}")
            raise StoreError(Code.STORE_UNAVAILABLE, what) from None


def _as_given(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns in the forms in which the API gives them."""
    return {name: str(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _state(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the lock and the time of the newest line of the log, from the serialised column, whatever its name."""
    for name, blob in row.items():
        if name == "list_id" or not isinstance(blob, (bytes, str)):
            continue
        try:
            found = php_value(blob if isinstance(blob, bytes) else blob.encode())
        except NotPhpError:
            continue
        if isinstance(found, dict):
            locks, log = found.get("locks"), found.get("log")
            lines = list(log.values()) if isinstance(log, dict) else []
            last = lines[-1].get("time") if lines and isinstance(lines[-1], dict) else None
            return {"lock": locks.get("fetchAndReconcile") if isinstance(locks, dict) else None, "last": last}
    return {}


def _is_silent(state: Mapping[str, Any], now: datetime) -> bool:
    """Times are the server's local ones, as is the database's clock here."""
    try:
        return now - datetime.fromisoformat(str(state.get("last"))) > SILENT_FOR
    except (ValueError, TypeError):
        return True
