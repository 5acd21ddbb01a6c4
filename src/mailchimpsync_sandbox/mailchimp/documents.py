"""Small resources kept as JSON documents: merge fields, interests, webhooks, campaigns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mailchimpsync_sandbox.mailchimp.http.problems import not_found

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.database import Database

Document = dict[str, Any]


class Documents:
    """Documents of a kind below a parent (an audience, a category, an account), in the order they were made."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, kind: str, parent: str) -> list[Document]:
        sql = "SELECT body FROM document WHERE kind = ? AND parent = ? ORDER BY number"
        return [json.loads(row["body"]) for row in self._db.all(sql, kind, parent)]

    def get(self, kind: str, parent: str, key: object) -> Document:
        """Return one.

        Raises:
            Problem: 404, there is none.
        """
        sql = "SELECT body FROM document WHERE kind = ? AND parent = ? AND id = ?"
        body = self._db.value(sql, kind, parent, str(key))
        if body is None:
            raise not_found()
        document: Document = json.loads(body)
        return document

    def put(self, kind: str, parent: str, key: object, document: Document) -> Document:
        """Make or replace one."""
        sql = (
            "INSERT INTO document (kind, parent, id, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET body = excluded.body"
        )
        self._db.run(sql, kind, parent, str(key), json.dumps(document))
        return document

    def remove(self, kind: str, parent: str, key: object) -> None:
        """Delete one.

        Raises:
            Problem: 404, there is none.
        """
        if not self._db.run("DELETE FROM document WHERE kind = ? AND parent = ? AND id = ?", kind, parent, str(key)):
            raise not_found()

    def remove_all(self, kind: str, parent: str) -> None:
        self._db.run("DELETE FROM document WHERE kind = ? AND parent = ?", kind, parent)
