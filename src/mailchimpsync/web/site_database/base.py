"""PostgreSQL, but each connection has the role and the search path of one site from its start, until it is closed."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from django.db.utils import InterfaceError

from mailchimpsync.store.engine.dialect import Namespace
from mailchimpsync.web.served import served_namespace


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of a site. The server is asked for role and search path when it is opened, so neither can be lost.

    A pooler that hands on connections after each transaction refuses such a connection, as it must.
    """

    _opened_for: Namespace | None = None

    def get_connection_params(self) -> dict[str, Any]:
        """Add the role and the search path of the site that is served.

        Raises:
            InterfaceError: none is.
        """
        namespace = served_namespace()
        if namespace is None:
            raise InterfaceError("No site is being served, so there is no database for Django")
        self._opened_for = namespace
        options = f'-c role={namespace.role} -c search_path="{namespace.schema}"'
        return {**super().get_connection_params(), "options": options}

    def ensure_connection(self) -> None:
        """Connect, as each cursor asks for. A connection of another site is closed first: one is never handed on.

        Raises:
            InterfaceError: it is in the middle of a transaction.
        """
        if self.connection is not None and self._opened_for != served_namespace():
            if self.in_atomic_block:
                raise InterfaceError("A transaction of another site is open")
            self.close()
        super().ensure_connection()
