"""Titles and projects as Wikimedia's services write them."""

import unicodedata

from migration.errors import SchemaDrift, StudyError


def underscored(title: str) -> str:
    """A title as the service writes it: underscores, composed letters.

    Raises
    ------
    SchemaDrift
        It cannot be written in UTF-8.
    """
    if not is_utf8(title):
        raise SchemaDrift(f"a title needs to be text, got {title!r:.80}")
    return unicodedata.normalize("NFC", title.strip().replace(" ", "_"))


def is_utf8(text: str) -> bool:
    """Whether a text can be sent: JSON may hold halves of letters, which cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def metric_of(project: str) -> str:
    """Metric of one project's views: ``views_de``, or ``views_en.wiktionary``."""
    return f"views_{project.removesuffix('.wikipedia')}"


def split_name(name: str, source: str) -> tuple[str, str]:
    """Project and title of an identifier such as ``en.wikipedia/WhatsApp``.

    Raises
    ------
    StudyError
        It is of another form.
    """
    project, _, title = name.partition("/")
    if not project or not title.strip():
        raise StudyError(
            f"{source} needs identifiers such as 'en.wikipedia/WhatsApp', got "
            f"{name!r}: write the project, a slash and the title"
        )
    return project, underscored(title)
