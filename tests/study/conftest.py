"""A small study as text, and readers of it."""

import pytest

from migration.errors import StudyError
from migration.study import load_study

SMALL = """\
id = "small"
title = "A small study"
question = "Did they move?"
baseline = { start = 2020-11-01, end = 2021-01-03 }

[groups]
EU = ["DE", "FR"]

[[apps]]
id = "old"
name = "Old"
role = "origin"
ids = { shop = ["old.app", "old.wrapper"] }
until = { shop = 2021-01-17 }

[[apps]]
id = "new"
name = "New"
role = "destination"
ids = { shop = ["new.app"] }

[[markets]]
code = "IN"
name = "India"
zone = "Asia/Kolkata"

[[markets]]
code = "NA"
name = "Namibia"
zone = "Africa/Windhoek"

[[events]]
id = "notice"
label = "The notice"
role = "focal"
start = 2021-01-05
end = 2021-01-08
day_zero = 2021-01-06
precision = "staggered"
window = [0, 8]
severity = "high"
markets = ["all"]
citation = "a newspaper"

[[events]]
id = "outage"
label = "New is down"
role = "confounder"
instant = 2021-01-15T16:00:00Z
end_instant = 2021-01-17T00:06:03Z
precision = "hour"
severity = "high"
markets = ["EU", "IN"]
apps = ["new"]
citation = "another"

[[sources]]
id = "shop"
metrics = ["installs"]
zone = "UTC"
controls = ["paint", "chess"]
doubtful = { chess = "a series on television" }
options = { mirror = "here", sizes = [1, 2] }
"""


@pytest.fixture
def read(tmp_path):
    """Read a study written into a file; the text may be bytes."""

    def read(text, name="small.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_study(path)

    return read


@pytest.fixture
def refusal(read):
    """Give the message with which a study's text is refused."""

    def refusal(text):
        with pytest.raises(StudyError) as error:
            read(text)
        return str(error.value)

    return refusal


@pytest.fixture
def small():
    """Give the text of the small study."""
    return SMALL


@pytest.fixture
def changed():
    """Give the small study with one thing in it replaced."""

    def changed(old, new):
        assert old in SMALL, f"{old!r} is not in the small study"
        return SMALL.replace(old, new, 1)

    return changed
