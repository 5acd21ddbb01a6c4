"""Tables, migrations, queries and the lease. Statements have names: one function each, set-based."""

from sqlalchemy import Connection as Transaction

from mailchimpsync.store.engine.database import Store
from mailchimpsync.store.engine.transactions import Database

__all__ = ["Database", "Store", "Transaction"]
