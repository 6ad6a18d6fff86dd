"""What a study's names may hold never becomes part of the page."""

import pytest
from nbconvert.filters import markdown2html

from migration.display.card import _literal

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.mark.parametrize(
    "name",
    ["<b>X</b>", "<meta http-equiv=refresh>", "[a](http://b)", "*x*", "`x`", "a_b_c"],
)
def test_a_name_is_shown_as_it_is(name):
    shown = str(markdown2html(_literal(f"installs of {name} rose")))
    text = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert shown.strip() == f"<p>installs of {text} rose</p>"
