"""Hosts that whoever runs this trusts beside the public ones; a study cannot say so."""

import os
from urllib.parse import urlsplit

PRIVATE_HOSTS = "MIGRATION_PRIVATE_HOSTS"


def is_named(host: str) -> bool:
    """Whether a host stands in ``MIGRATION_PRIVATE_HOSTS``, by blanks or commas."""
    named = os.environ.get(PRIVATE_HOSTS, "").lower().replace(",", " ").split()
    return host.strip("[]").lower() in named


def may_have_token(address: str, own: str) -> bool:
    """Whether a secret for a source may be sent to an address that a study names.

    Parameters
    ----------
    address : str
        As the study names it.
    own : str
        The source's own, with its scheme.
    """
    return address.rstrip("/") == own or is_named(urlsplit(address).hostname or "")
