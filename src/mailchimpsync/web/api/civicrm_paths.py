"""The addresses CiviCRM has on each CMS, for its REST form and its APIv4: all lead to the same two views.

Drupal, WordPress, Joomla and Backdrop keep `extern/rest.php` in different folders, WordPress has its own route, and
a site without clean addresses names the path by `q`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

REST = "/civicrm/ajax/rest"
API4 = "/civicrm/ajax/api4"

_ENTRY_PAGES = frozenset({"/", "/index.php", "/wp-admin/admin.php", "/wp-admin/admin-ajax.php"})
_REST = re.compile(r"(?:/civicrm/ajax/rest|/extern/rest\.php|/wp-json/civicrm/v3/rest)/?$")
_API4 = re.compile(r"/civicrm/ajax/api4/([A-Za-z0-9_]{1,100})/([A-Za-z0-9_]{1,100})/?$")


def rewrite_civicrm_paths(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Give a request for one of CiviCRM's addresses the path that it has here."""

    def middleware(request: HttpRequest) -> HttpResponse:
        asked = request.path_info
        if asked in _ENTRY_PAGES and (named := request.GET.get("q")):
            asked = f"/{named.lstrip('/')}"
        if (ours := path_here(asked)) is not None:
            request.path_info = request.path = ours
        return get_response(request)

    return middleware


def path_here(asked: str) -> str | None:
    """Return where one of CiviCRM's addresses is answered here; None: it is none of them."""
    if _REST.search(asked):
        return REST
    if (found := _API4.search(asked)) is not None:
        return f"{API4}/{found[1]}/{found[2]}"
    return None
