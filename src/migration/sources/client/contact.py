"""Who asks: a User-Agent with a contact, as sources require."""

from importlib.metadata import PackageNotFoundError, version

import requests

from migration.errors import CannotAsk

CONTACT = "MIGRATION_CONTACT"


def agent(contact: str) -> str:
    """User-Agent in the form that sources ask for."""
    try:
        own = version("platform-migration")
    except PackageNotFoundError:  # run from a folder that was never installed
        own = "0"
    library = f"python-requests/{requests.__version__}"
    return f"platform-migration/{own} ({contact}) {library}"


def checked_contact(contact: str) -> str:
    """Refuse what nobody could be reached by, or what would break the header."""
    if not contact.strip():
        raise CannotAsk(
            "fetch needs a contact, to tell each source who asks (User-Agent): set "
            f"{CONTACT} to a mail address or a page of yours, or write `contact` in "
            "the study"
        )
    if not contact.isascii() or not contact.isprintable() or len(contact) > 200:
        raise CannotAsk(
            f"the contact needs up to 200 plain ASCII characters, got {contact!r:.60}"
        )
    if "@" not in contact and "." not in contact:
        raise CannotAsk(
            f"the contact needs to be a mail address or a page, by which somebody can "
            f"be reached, got {contact!r:.60}"
        )
    return contact.strip()
