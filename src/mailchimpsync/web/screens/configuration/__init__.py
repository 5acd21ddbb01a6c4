"""The configuration: set up, understood and changed in a browser. Each part of it is a module."""

from mailchimpsync.web.screens.configuration import (
    accounts,
    alerts,
    check,
    civicrm,
    connections,
    file,
    front,
    saving,
    versions,
    webhooks,
)

urlpatterns = [
    *front.urlpatterns,
    *civicrm.urlpatterns,
    *accounts.urlpatterns,
    *connections.urlpatterns,
    *webhooks.urlpatterns,
    *alerts.urlpatterns,
    *versions.urlpatterns,
    *file.urlpatterns,
    *check.urlpatterns,
    *saving.urlpatterns,
]
