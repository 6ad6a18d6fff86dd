"""No expected number is forgotten: each is held by a named test, or it says why not."""

import re
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
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
