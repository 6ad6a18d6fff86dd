"""The raw store: write once, hashed, provenance, atomic."""

from migration.store.entry import MANIFEST, Entry
from migration.store.files import LOCK, TEMPORARY, About, Store

__all__ = ["LOCK", "MANIFEST", "TEMPORARY", "About", "Entry", "Store"]
