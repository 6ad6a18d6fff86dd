"""An archive in memory: addresses and times to what was captured."""

import base64
import hashlib
import json
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from served import serve

from migration.sources.archive.original import instant_of

TEXT = {"Content-Type": "text/plain;charset=UTF-8"}
FIELDS = ["timestamp", "original", "mimetype", "statuscode", "digest", "length"]


class Captured(dict):
    """``(timestamp, original) -> bytes``; asked by address, as ``serve`` does."""

    def get(self, url, default=None):
        parts = urlsplit(url)
        if parts.path.endswith("/cdx/search/cdx"):
            query = {name: texts[-1] for name, texts in parse_qs(parts.query).items()}
            return json.dumps(self.rows(query)).encode()
        timestamp, _, original = url.partition("/web/")[2].partition("id_/")
        content = super().get((timestamp, unquote(original)), default)
        if content is None:
            return default
        date = format_datetime(instant_of(timestamp), usegmt=True)
        return 200, {"memento-datetime": date}, content

    def rows(self, query):
        """The index of what begins with an address, in a window."""
        found = [
            [timestamp, original, "text/html", "200", sha1(content), str(len(content))]
            for (timestamp, original), content in sorted(self.items())
            if bare(original).startswith(bare(query["url"]))
            and query["from"] <= timestamp <= query["to"]
        ]
        return [FIELDS, *found] if found else []


def paths_of(plan, captured, base):
    """What a server at ``base`` must answer to a plan, by path with query."""
    asked, _ = serve(plan, captured)
    found = {ask.url.removeprefix(base): captured.get(ask.url) for ask in asked}
    return {
        path: sent if isinstance(sent, tuple) else (200, TEXT, sent)
        for path, sent in found.items()
        if sent is not None
    }


def bare(url):
    """The archive's key of an address: no scheme, what it asks for in order."""
    path, _, query = unquote(url).removeprefix("https://").partition("?")
    return f"{path}?{'&'.join(sorted(query.split('&')))}" if query else path


def sha1(content):
    return base64.b32encode(hashlib.sha1(content).digest()).decode()
