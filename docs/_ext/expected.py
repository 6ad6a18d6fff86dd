"""The numbers of papers and packages that the tests reproduce, as a page's tables.

Made of the tests' own files: what is expected, and the ledger of which test holds it.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

PARITY = Path(__file__).resolve().parents[2] / "tests" / "parity"
MOST = 8  # numbers shown of a long list
TITLES = {
    "ehec_medicaid": "Medicaid expansion: event study, bands and honest intervals",
    "he_wang": "He and Wang (2017): bands, sums and the power of a pre-test",
    "prop99": "Proposition 99: synthetic control, synthetic DiD, spillovers",
    "causalimpact_vignette": "The vignette of CausalImpact: structural forecasts",
    "nile": "The Nile: a step, robust errors, a break, a local level",
    "seatbelts": "Seat belts: structural and ARIMA interventions",
    "investment_sandwich": "Investment: robust errors of the R package sandwich",
    "tobit": "Censored regression",
    "airmiles_911": "Airlines after September 2001: the half-life of a decay",
    "organ_donations": "Organ donations: one treated state of 27",
    "thornton": "The Thornton trial: randomisation inference",
    "google_event": "Google becomes Alphabet: one firm's event study",
    "base_did_trap": "Driscoll-Kraay in an event study (recorded)",
    "es_panel_fixture": "A panel of eight units: every test of an event study",
}


def validation() -> str:
    """A table for each data set, and what is not held, with the reason."""
    expected = json.loads((PARITY / "expected_numbers.json").read_text("utf-8"))
    ledger = tomllib.loads((PARITY / "ledger.toml").read_text("utf-8"))
    parts = []
    for group, title in TITLES.items():
        asserted = ledger["asserted"].items()
        held = {key: test for key, test in asserted if key.split("/")[0] == group}
        where = source_of(group, expected[group])
        head = (
            "| what | printed by the source | test in `tests/parity` |\n|---|---|---|"
        )
        rows = "\n".join(row(key, held[key], expected) for key in held)
        parts.append(f"## {title}\n\n{where}\n\n{head}\n{rows}")
    left = "\n".join(
        f"- {', '.join(f'`{key}`' for key in one['keys'])}: {one['why']}."
        for one in ledger["not_asserted"]
    )
    return "\n\n".join([*parts, f"## Not held, and why\n\n{left}"])


def source_of(group: str, found: dict[str, Any]) -> str:
    """Where the data and the numbers are from, as the tests' file says it."""
    if group == "es_panel_fixture":
        said = "data: tests/parity/es_panel.csv; by numpy and again by R (estudy2)"
        return f"`{group}`. {said}."
    words = [f"{k}: {found[k]}" for k in ("source", "data") if k in found]
    nested = [
        f"{name}: {below['data']}"
        for name, below in found.items()
        if isinstance(below, dict) and "data" in below
    ]
    return f"`{group}`. " + " ".join(f"{word}." for word in words + nested)


def row(key: str, test: str, expected: dict[str, Any]) -> str:
    """What is compared, the number as its source has it, and the test."""
    value: Any = expected
    for part in key.split("/"):
        value = value[part]
    name = key.partition("/")[2] or "all numbers of `es_panel_expected.json`"
    if key == "es_panel_fixture":
        panel = json.loads((PARITY / "es_panel_expected.json").read_text("utf-8"))
        return f"| {name} | {count(panel)} numbers | {cell(test)} |"
    return f"| `{name}` | {shown(value)} | {cell(test)} |"


def cell(test: str) -> str:
    """A test's name, which may break between its words."""
    module, _, name = test.partition("::")
    return f"`{module}`, {name.removeprefix('test_').replace('_', ' ')}"


def shown(value: Any) -> str:
    """A number with its digits, a list by its first, a table by its names."""
    if isinstance(value, dict):
        words = [f"{k}: {shown(v)}" for k, v in value.items() if k != "source"]
        return "; ".join(words[:MOST]) + (" ..." if len(words) > MOST else "")
    if isinstance(value, list):
        if value and isinstance(value[0], list):
            return f"{len(value)} by {len(value[0])} numbers"
        words = [shown(one) for one in value]
        return ", ".join(words[:MOST]) + (" ..." if len(words) > MOST else "")
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def count(value: Any) -> int:
    """How many numbers there are below."""
    if isinstance(value, dict):
        return sum(count(one) for one in value.values())
    return sum(count(one) for one in value) if isinstance(value, list) else 1
