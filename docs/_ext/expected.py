"""The numbers of papers and packages that the tests reproduce, as a page's tables.

Made of the tests' own files: what is expected, what we compute, and the ledger of which
test holds the one to the other.
"""

import json
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

PARITY = Path(__file__).resolve().parents[2] / "tests" / "parity"
MOST = 8  # numbers shown of a long list
WORDS = ("source", "data")
HEAD = "| what | the source | ours | apart, of allowed | test |\n" + "|---" * 5 + "|"
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
    expected, ledger, parts = read("expected_numbers"), the_ledger(), []
    for group, title in TITLES.items():
        asserted = ledger["asserted"].items()
        held = {key: test for key, test in asserted if key.split("/")[0] == group}
        where = source_of(group, expected[group])
        rows = "\n".join(row(key, held[key], expected) for key in held)
        parts.append(f"## {title}\n\n{where}\n\n{HEAD}\n{rows}")
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


@cache
def read(name: str) -> Any:
    """One of the tests' files of numbers."""
    return json.loads((PARITY / f"{name}.json").read_text("utf-8"))


@cache
def the_ledger() -> dict[str, Any]:
    """Which test holds what."""
    return tomllib.loads((PARITY / "ledger.toml").read_text("utf-8"))


def row(key: str, test: str, expected: dict[str, Any]) -> str:
    """What is compared, the number as its source has it, ours, and the test."""
    value: Any = expected
    for part in key.split("/"):
        value = value[part]
    found, pairs = read("computed_numbers").get(test, {}), []
    for place, theirs in numbers(value, key):
        if place in found:
            pairs.append((theirs, found[place]["ours"], found[place].get("within")))
    if key == "es_panel_fixture":
        many = f"{len(pairs)} numbers"
        name, cells = "all of `es_panel_expected.json`", [many, many]
    else:
        name, cells = f"`{key.partition('/')[2]}`", [shown(value), ours(value, key)]
    return f"| {name} | {' | '.join([*cells, distance(pairs), cell(test)])} |"


def numbers(value: Any, place: str) -> Iterator[tuple[str, float]]:
    """Each number of a table or a list, with its place in the file."""
    if isinstance(value, dict | list):
        rows = value.items() if isinstance(value, dict) else enumerate(value)
        for name, below in rows:
            yield from numbers(below, f"{place}/{name}")
    elif isinstance(value, int | float):
        yield place, value


def ours(value: Any, key: str) -> str:
    """Our numbers in the form of theirs, or why there are none."""
    ledger = the_ledger()
    reason = ledger["not_computed"].get(key) or ledger["not_computed"].get(
        key.split("/")[0]
    )
    if reason:
        return f"({reason})"
    test = next(t for k, t in ledger["asserted"].items() if k == key)
    return shown(in_place(value, key, read("computed_numbers")[test]))


def in_place(value: Any, place: str, found: dict[str, Any]) -> Any:
    """The same tables and lists with our numbers; "-" where there is none."""
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if not isinstance(v, str)}
        return {k: in_place(v, f"{place}/{k}", found) for k, v in kept.items()}
    if isinstance(value, list):
        return [in_place(v, f"{place}/{n}", found) for n, v in enumerate(value)]
    return found[place]["ours"] if place in found else "-"


def distance(pairs: list[tuple[float, float, float | None]]) -> str:
    """Of the number that comes nearest to its tolerance: how far, and the tolerance."""
    held = [
        (abs(mine - theirs), near) for theirs, mine, near in pairs if near is not None
    ]
    if not held:
        return "a bound" if pairs else ""
    far, near = max(held, key=lambda one: one[0] / one[1] if one[1] else one[0])
    more = ", and a bound" if len(held) < len(pairs) else ""
    return f"{far:.1g} of {near:.2g}{more}"


def cell(test: str) -> str:
    """A test's name, which may break between its words."""
    module, _, name = test.partition("::")
    return f"`{module}`, {name.removeprefix('test_').replace('_', ' ')}"


def shown(value: Any) -> str:
    """A number with its digits, a list by its first, a table by its names."""
    if isinstance(value, dict):
        words = [f"{k}: {shown(v)}" for k, v in value.items() if k not in WORDS]
        return "; ".join(words[:MOST]) + (" ..." if len(words) > MOST else "")
    if isinstance(value, list):
        if value and isinstance(value[0], list):
            return f"{len(value)} by {len(value[0])} numbers"
        words = [shown(one) for one in value]
        return ", ".join(words[:MOST]) + (" ..." if len(words) > MOST else "")
    return f"{value:.9g}" if isinstance(value, float) else str(value)
