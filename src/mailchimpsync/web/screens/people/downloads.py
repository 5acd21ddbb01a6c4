"""Rows as CSV files."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _

from mailchimpsync.actions import Site, export_rows
from mailchimpsync.actions.api.csv_export import csv_chunks
from mailchimpsync.actions.api.selection import find_audience
from mailchimpsync.actions.entities.browse import RowFilter
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.web.links import contact_url, member_url
from mailchimpsync.web.screens.screen import Visit
from mailchimpsync.web.templatetags.screens import translated

_BYTE_ORDER_MARK = "\ufeff"
"""Makes spreadsheets read the file as UTF-8."""

COLUMNS = (
    *("name", "email", "first_name", "last_name", "id", "civicrm_contact_id", "civicrm_status", "civicrm_updated"),
    *("mailchimp_status", "mailchimp_status_date", "mailchimp_updated", "sync_status", "reason", "why", "detail"),
    *("remedy", "contact_page", "member_page"),
)


def rows_as_csv(visit: Visit, wanted: RowFilter, name: str) -> HttpResponseBase:
    """Return all matching rows as a file, sent while they are read, so that memory use stays small."""
    site = visit.site.for_another_thread()  # the visit's own is closed before the last row is sent
    answer = StreamingHttpResponse(_chunks(site, wanted), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _chunks(site: Site, wanted: RowFilter) -> Iterator[bytes]:
    yield _BYTE_ORDER_MARK.encode()
    for chunk in csv_chunks(COLUMNS, _lines(site, wanted)):
        yield chunk.encode()


def _lines(site: Site, wanted: RowFilter) -> Iterator[list[object]]:
    link = find_audience(site, wanted.list_id)
    for row in export_rows(site, wanted):
        names = row.mailchimp_data or {}
        entry = explain_code(row.reason) if row.reason else None
        values = {
            **row._asdict(),
            "name": row.name,
            "email": row.address,
            "first_name": names.get("first_name"),
            "last_name": names.get("last_name"),
            "why": _(entry.sentence) if entry else None,
            "detail": row.reason_detail,
            "remedy": translated(entry.remedy) if entry else None,
            "contact_page": contact_url(site, row.civicrm_contact_id),
            "member_page": member_url(site, link, row.mailchimp_contact_id),
        }
        yield [values[column] for column in COLUMNS]
