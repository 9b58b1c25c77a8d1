"""The database: statements for both engines, transactions, and the group-commit writer."""

from groundswell.store.opening import open_store
from groundswell.store.statement import BIGINT, REAL, TEXT, Statement
from groundswell.store.transaction import Engine, Row, Store, Transaction

__all__ = [
    "BIGINT",
    "REAL",
    "TEXT",
    "Engine",
    "Row",
    "Statement",
    "Store",
    "Transaction",
    "open_store",
]
