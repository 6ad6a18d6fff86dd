"""Public sources: one module each, one door for all."""

from migration.sources.adding import Added as Added
from migration.sources.adding import add as add
from migration.sources.beside import Beside as Beside
from migration.sources.beside import load_beside as load_beside
from migration.sources.candidates import count_candidates as count_candidates
from migration.sources.candidates import load_candidates as load_candidates
from migration.sources.cards import Card as Card
from migration.sources.cards import card as card
from migration.sources.cards import list_cards as list_cards
from migration.sources.contradictions import clashes as clashes
from migration.sources.coverage import coverage_of as coverage_of
from migration.sources.coverage import load_coverage as load_coverage
from migration.sources.coverage import spans_of as spans_of
from migration.sources.coverage import states as states
from migration.sources.coverage import status as status
from migration.sources.coverage import status_of as status_of
from migration.sources.fetched import Fetched as Fetched
from migration.sources.fetched import Fetches as Fetches
from migration.sources.fetching import fetch as fetch
from migration.sources.fetching import rehearse as rehearse
from migration.sources.gather import load_calendar as load_calendar
from migration.sources.gather import load_ledger as load_ledger
from migration.sources.gather import load_panel as load_panel
from migration.sources.gather import read_raw as read_raw
from migration.sources.gather import verify as verify
from migration.sources.here import is_here as is_here
from migration.sources.here import not_here_yet as not_here_yet
from migration.sources.outcomes import load_outcomes as load_outcomes
from migration.sources.probe_page import open_questions as open_questions
from migration.sources.probe_page import write_probe as write_probe
from migration.sources.probing import Probed as Probed
from migration.sources.probing import probe as probe
from migration.sources.processed import Built as Built
from migration.sources.processed import build as build
from migration.sources.processed import load_built as load_built
from migration.sources.rehearsing import Rehearsed as Rehearsed
from migration.sources.simulation import Simulation as Simulation
from migration.sources.simulation import World as World
from migration.sources.simulation import simulate as simulate

__all__ = [
    "Added",
    "Beside",
    "Built",
    "Card",
    "Fetched",
    "Fetches",
    "Probed",
    "Rehearsed",
    "Simulation",
    "World",
    "add",
    "build",
    "card",
    "clashes",
    "count_candidates",
    "coverage_of",
    "fetch",
    "is_here",
    "list_cards",
    "load_beside",
    "load_built",
    "load_calendar",
    "load_candidates",
    "load_coverage",
    "load_ledger",
    "load_outcomes",
    "load_panel",
    "not_here_yet",
    "open_questions",
    "probe",
    "read_raw",
    "rehearse",
    "simulate",
    "spans_of",
    "states",
    "status",
    "status_of",
    "verify",
    "write_probe",
]
