"""A result in, a figure or a table out: plots, tables, one style.

``plot_*`` takes a result or a frame and gives matplotlib axes whose figure carries
alternative text made from the numbers; ``table_*`` gives a great_tables table;
``sentence`` and ``report_card`` give the answer in words. Only this room knows either
library.
"""

from migration.display.alt import alt_text, caption_of, describe, to_png
from migration.display.answers import answer, migration_answer, record_answer
from migration.display.card import report_card, warnings_of
from migration.display.each import (
    checks_answer,
    plot_each,
    table_each,
    table_every_check,
)
from migration.display.export import to_csv, to_latex
from migration.display.leads import calendar_lines
from migration.display.looks import set_looks
from migration.display.methods import table_methods
from migration.display.plot_check import plot_check
from migration.display.plots_checks import plot_placebos
from migration.display.plots_coverage import plot_coverage
from migration.display.plots_decay import plot_decay
from migration.display.plots_effects import plot_effects
from migration.display.plots_estimates import plot_estimates
from migration.display.plots_exposure import plot_exposure
from migration.display.plots_gap import plot_gap
from migration.display.plots_ledger import plot_ledger
from migration.display.plots_markets import plot_market_forest
from migration.display.plots_methods import plot_methods
from migration.display.plots_ranks import plot_ranks
from migration.display.plots_robustness import plot_breakdown, plot_placebo_dates
from migration.display.plots_series import plot_series
from migration.display.plots_specifications import plot_specifications
from migration.display.plots_tiles import plot_tiles
from migration.display.reasons import show, show_app
from migration.display.sentences import sentence
from migration.display.tables import (
    table_calibration,
    table_effects,
    table_secondary,
)
from migration.display.tables_checks import (
    table_calendar,
    table_check,
    table_checks,
    table_placebos,
    table_sensitivity,
)
from migration.display.tables_dose import table_dose
from migration.display.tables_ledger import (
    table_citations,
    table_event_citations,
    table_ledger,
)
from migration.display.tables_migration import (
    table_diversion,
    table_persistence,
    table_without_days,
)
from migration.display.tables_record import table_clashes, table_vintage
from migration.display.tables_robustness import table_curve, table_dates, table_honest
from migration.display.tables_routes import table_routes
from migration.display.tables_study import (
    table_card,
    table_events,
    table_frame,
    table_means,
    table_refused,
    table_segments,
)
from migration.display.triangulation import plot_triangulation, table_triangulation

__all__ = [
    "alt_text",
    "answer",
    "calendar_lines",
    "caption_of",
    "checks_answer",
    "describe",
    "migration_answer",
    "plot_breakdown",
    "plot_check",
    "plot_coverage",
    "plot_decay",
    "plot_each",
    "plot_effects",
    "plot_estimates",
    "plot_exposure",
    "plot_gap",
    "plot_ledger",
    "plot_market_forest",
    "plot_methods",
    "plot_placebo_dates",
    "plot_placebos",
    "plot_ranks",
    "plot_series",
    "plot_specifications",
    "plot_tiles",
    "plot_triangulation",
    "record_answer",
    "report_card",
    "sentence",
    "set_looks",
    "show",
    "show_app",
    "table_calendar",
    "table_calibration",
    "table_card",
    "table_check",
    "table_checks",
    "table_citations",
    "table_clashes",
    "table_curve",
    "table_dates",
    "table_diversion",
    "table_dose",
    "table_each",
    "table_effects",
    "table_event_citations",
    "table_events",
    "table_every_check",
    "table_frame",
    "table_honest",
    "table_ledger",
    "table_means",
    "table_methods",
    "table_persistence",
    "table_placebos",
    "table_refused",
    "table_routes",
    "table_secondary",
    "table_segments",
    "table_sensitivity",
    "table_triangulation",
    "table_vintage",
    "table_without_days",
    "to_csv",
    "to_latex",
    "to_png",
    "warnings_of",
]
