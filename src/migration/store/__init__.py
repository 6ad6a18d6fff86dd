"""The raw store: write once, hashed, provenance, atomic."""

from migration.store.entry import DECLARED, MANIFEST, STUDIES, Entry
from migration.store.fetches import LastFetch, last_fetches, note_fetch
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
    "LastFetch",
    "Store",
    "Survey",
    "last_fetches",
    "newest_of",
    "note_fetch",
    "shipped_store",
]
