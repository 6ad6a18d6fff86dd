"""A result in, a figure or a table out: plots, tables, one style.

``plot_*`` takes a result or a frame and gives matplotlib axes whose figure carries
alternative text made from the numbers; ``table_*`` gives a great_tables table. Only
this room knows either library.
"""

from migration.display.alt import alt_text, describe, to_png
from migration.display.plots_effects import plot_effects
from migration.display.plots_estimates import plot_estimates
from migration.display.plots_series import plot_series
from migration.display.sentences import sentence

__all__ = [
    "alt_text",
    "describe",
    "plot_effects",
    "plot_estimates",
    "plot_series",
    "sentence",
    "to_png",
]
