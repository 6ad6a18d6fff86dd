"""No expected number is forgotten: each is held by a named test, or it says why not.

Our own numbers stand on file beside theirs. Each test holds the file to what it
computes (``conftest.py``); here, that none is missing from it and none is left over.
"""

import json
import re
import tomllib
from pathlib import Path

import pytest
from printed import Heard, differs, placed

HERE = Path(__file__).parent
COMPUTED = json.loads((HERE / "computed_numbers.json").read_text(encoding="utf-8"))
LEDGER = tomllib.loads((HERE / "ledger.toml").read_text(encoding="utf-8"))
DESCRIBED = [
    f"{whose}/{key}" for whose, keys in LEDGER["described"].items() for key in keys
]
LEFT = {key: group["why"] for group in LEDGER["not_asserted"] for key in group["keys"]}
NAMED = [*DESCRIBED, *LEDGER["asserted"], *LEFT]


def leaves(value, path=""):
    """Every number and word of the file by its path; a list is one."""
    if not isinstance(value, dict):
        return [path]
    return [
        leaf
        for key, below in value.items()
        for leaf in leaves(below, f"{path}/{key}" if path else key)
    ]


def places(value, path=""):
    """Every number of a table or a list by its place."""
    if isinstance(value, dict | list):
        rows = value.items() if isinstance(value, dict) else enumerate(value)
        return [
            place
            for key, below in rows
            for place in places(below, f"{path}/{key}" if path else str(key))
        ]
    return [path] if isinstance(value, int | float) else []


def covers(key, leaf):
    return leaf == key or leaf.startswith(f"{key}/")


def test_every_expected_number_is_in_the_ledger_once(expected):
    known = leaves(expected)
    for leaf in known:
        found = [key for key in NAMED if covers(key, leaf)]
        own = [key for key in found if key not in DESCRIBED] or found
        assert len(own) == 1 or found[0] in DESCRIBED, (leaf, found)
    idle = [key for key in NAMED if not any(covers(key, leaf) for leaf in known)]
    assert idle == []


@pytest.mark.parametrize("key", LEDGER["asserted"])
def test_the_named_test_is_there_and_reads_the_number(key):
    """The test's module names the number, or the group that it is read in."""
    module, _, test = LEDGER["asserted"][key].partition("::")
    text = (HERE / module).read_text(encoding="utf-8")
    assert re.search(rf"^ *def {test}\(", text, re.MULTILINE)
    parts = [key, *key.split("/")]
    assert any(f'"{part}"' in text for part in reversed(parts)), key


def test_every_number_that_is_held_has_ours_on_file(expected):
    idle = {*LEDGER["not_computed"]}
    for place in places(expected):
        key = next((k for k in LEDGER["asserted"] if covers(k, place)), None)
        why = next((k for k in LEDGER["not_computed"] if covers(k, place)), None)
        idle -= {why}
        if key is not None and why is None:
            assert place in COMPUTED[LEDGER["asserted"][key]], place
        assert why is None or key is not None, place
    assert idle <= {"causalimpact_vignette/R_vignette_text"}


def test_ours_on_file_are_of_tests_and_numbers_that_there_are(expected):
    known = {*places(expected)}
    for name, found in COMPUTED.items():
        module, _, test = name.partition("::")
        text = (HERE / module).read_text(encoding="utf-8")
        assert re.search(rf"^ *def {test}\(", text, re.MULTILINE), name
        assert {*found} <= known, name


def test_ours_on_file_lie_within_the_tolerance_beside_them(expected):
    found = [one for of_test in COMPUTED.values() for one in of_test.items()]
    assert len(found) > 300
    for place, one in found:
        theirs = expected
        for part in place.split("/"):
            theirs = theirs[int(part) if isinstance(theirs, list) else part]
        if "within" in one:
            rounding = 1e-14 * abs(theirs)
            assert abs(one["ours"] - theirs) <= one["within"] + rounding, place


@pytest.mark.parametrize(
    ("ours", "is_heard"), [(2.5, True), (2.5 + 1e-9, True), (2.51, False)]
)
def test_a_number_that_has_changed_is_not_the_one_on_file(ours, is_heard):
    heard = Heard()
    heard.compare([1.0, ours], placed([1.0, 2.5]), lambda _: 0.02)
    known = {"0": {"ours": 1.0, "within": 0.02}, "1": {"ours": 2.5, "within": 0.02}}
    assert (differs(heard.found, known) == []) is is_heard
    assert differs(heard.found, {}) != []


def test_no_number_is_said_to_be_left_that_a_test_reads(expected):
    """A test may come to hold what the ledger still excuses.

    Looked for by names that one group alone has; others stand in tests of another.
    """
    leaf_names = [leaf.rpartition("/")[2] for leaf in leaves(expected)]
    groups = [part for leaf in leaves(expected) for part in leaf.split("/")[:-1]]
    texts = [f.read_text(encoding="utf-8") for f in sorted(HERE.glob("test_*.py"))]
    for key in LEFT:
        name = key.rpartition("/")[2]
        if leaf_names.count(name) + (name in groups) > 1:
            continue
        assert not any(f'"{name}"' in text for text in texts), key


def test_a_number_that_is_not_held_says_why():
    assert all(len(why) > 20 for why in LEFT.values())
