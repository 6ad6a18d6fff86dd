"""A study: who leaves what for what, where, around which events, measured how.

Read from a TOML file into frozen dataclasses. What a study cannot mean is refused
with the file, the key and what was expected.
"""

from migration.study.model import App, Event, Market, Periods, SourceSpec, Span, Study
from migration.study.new import Draft, copy_study, new_study
from migration.study.read import list_studies, load_study

__all__ = [
    "App",
    "Draft",
    "Event",
    "Market",
    "Periods",
    "SourceSpec",
    "Span",
    "Study",
    "copy_study",
    "list_studies",
    "load_study",
    "new_study",
]
