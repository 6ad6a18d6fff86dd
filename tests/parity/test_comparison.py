"""What the page of comparison says that other Python packages have, they have.

What it says of packages in R was read where its links lead.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
HAVE = """
import inspect, json
import diff_diff, pyfixest as pf
data = pf.get_data()
fit = pf.feols("Y ~ X1 | f1", data, vcov={"CRV1": "group_id"})
kinds = str(inspect.signature(fit.vcov)) + (fit.vcov.__doc__ or "")
names = ("CallawaySantAnna", "SunAbraham", "SyntheticDiD", "HonestDiD")
print(json.dumps({
    "fixed effects, clustered": fit.se()["X1"] > 0,
    "Poisson": callable(pf.fepois),
    "instruments": pf.feols("Y ~ 1 | X1 ~ Z1", data).coef()["X1"] != 0,
    "Newey-West": "NW" in kinds,
    "Driscoll-Kraay": "DK" in kinds,
    "wild bootstrap": callable(fit.wildboottest),
    "randomisation inference": callable(fit.ritest),
    **{name: hasattr(diff_diff, name) for name in names},
}, default=bool))
"""


@pytest.mark.slow
def test_the_packages_have_what_is_said_of_them(ask_peer):
    found = ask_peer(HAVE)
    assert [name for name, there in found.items() if not there] == []


def test_every_package_is_cited_or_compared_with():
    for title, below in re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", PAGE, re.MULTILINE):
        if title.startswith("What "):
            continue
        assert re.search(r"\]\(\s*(https://|validation\.md|peers\.md)", below), title
