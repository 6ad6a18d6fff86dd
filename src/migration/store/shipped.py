"""The store that ships: observed figures with their citations."""

from migration.store.files import Store
from migration.store.survey import SHIPPED
from migration.workspace import restoring, shipped


def shipped_store() -> Store:
    """Give the embedded store; nothing can fetch it again, and its errors say so."""
    name = f"data/raw/{SHIPPED}"
    return Store(shipped(name), mend=restoring(name))
