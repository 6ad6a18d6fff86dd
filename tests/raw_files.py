"""Raw files as a store gives them, for parsers that are tried without one."""

from migration.sources.raw import Raw
from migration.store import Entry


def raw_of(files, *, url="", retrieved_at="", headers=None):
    """Make ``Raw`` of bytes by name; ``url`` is one for all, or one by name."""
    urls = url if isinstance(url, dict) else dict.fromkeys(files, url)
    entries = tuple(
        Entry(
            source="s", name=name, url=urls[name], retrieved_at=retrieved_at,
            status=200, headers=dict(headers or {}), sha256="0" * 64,
            bytes=len(content), card="s",
        )
        for name, content in files.items()
    )  # fmt: skip
    return Raw(origin="fetched", entries=entries, files=dict(files))
