"""The configuration screens: set up, review and change everything in a browser. Each part is a module."""

from mailchimpsync.web.screens.configuration import (
    accounts,
    check,
    civicrm,
    entries,
    file,
    overview,
    saving,
    takeover,
    versions,
)
from mailchimpsync.web.screens.configuration.alerts import alerts
from mailchimpsync.web.screens.configuration.connection import connections, webhooks

urlpatterns = [
    *overview.urlpatterns,
    *civicrm.urlpatterns,
    *takeover.urlpatterns,
    *entries.urlpatterns,
    *accounts.urlpatterns,
    *connections.urlpatterns,
    *webhooks.urlpatterns,
    *alerts.urlpatterns,
    *versions.urlpatterns,
    *file.urlpatterns,
    *check.urlpatterns,
    *saving.urlpatterns,
]
