"""The raw store: write once, hashed, provenance, atomic."""

from migration.store.entry import DECLARED, MANIFEST, STUDIES, Entry
from migration.store.files import TEMPORARY, About, Store, newest_of
from migration.store.shipped import shipped_store
from migration.store.survey import LOCK, Survey

__all__ = [
    "DECLARED",
    "LOCK",
    "MANIFEST",
    "STUDIES",
    "TEMPORARY",
    "About",
    "Entry",
    "Store",
    "Survey",
    "newest_of",
    "shipped_store",
]
