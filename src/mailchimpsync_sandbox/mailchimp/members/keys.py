"""Remembers which members a question found, in order, until anything is written: its other pages then cost little."""

from __future__ import annotations

import json
from array import array
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mailchimpsync_sandbox.mailchimp.database import Database

QUESTIONS_MAX = 8

Question = tuple[str, tuple[tuple[str, Any], ...]]


class MemberKeys:
    """Row keys of members by question, for the newest few questions."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[Question, tuple[int, array[int]]] = OrderedDict()
        self._lock = Lock()

    def of(self, where: str, order: str, values: dict[str, Any]) -> array[int]:
        """Return the keys of all members `m` that meet a condition, in order."""
        found = f"SELECT m.pk FROM member m WHERE {where} ORDER BY {order}"  # noqa: S608 (words of `members`)
        # One text of all keys is several times quicker than one row a key.
        statement = f"SELECT json_group_array(pk) FROM ({found})"  # noqa: S608 (the same)
        question = (statement, tuple(values.items()))
        version = self._db.version()
        with self._lock:
            known = self._known.get(question)
        if known is not None and known[0] == version:
            return known[1]
        keys = array("q", json.loads(self._db.named(statement, values)[0][0]))
        with self._lock:
            self._known[question] = (version, keys)
            self._known.move_to_end(question)
            while len(self._known) > QUESTIONS_MAX:
                self._known.popitem(last=False)
        return keys
