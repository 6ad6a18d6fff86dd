"""What is changed in a page so that it needs neither a mouse nor an eye."""

import importlib.util
from pathlib import Path

import pytest

EXTENSION = Path(__file__).resolve().parents[2] / "docs" / "_ext" / "for_everyone.py"


@pytest.fixture(scope="module")
def reachable():
    pytest.importorskip("sphinx", reason="needs the packages of the group `site`")
    spec = importlib.util.spec_from_file_location("for_everyone", EXTENSION)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.reachable


def test_what_scrolls_takes_the_focus_once(reachable):
    body = '<div class="table-wrapper a"><pre><span></span>x</pre></div><p>y</p>'
    found = reachable(body)
    assert found == (
        '<div tabindex="0" class="table-wrapper a">'
        '<pre tabindex="0"><span></span>x</pre></div><p>y</p>'
    )
    assert reachable(found) == found


def test_the_lines_of_a_signature_are_no_definitions(reachable):
    line = '<dd><em class="sig-param">a</em>,</dd>\n'
    found = reachable(f"<dl>\n{line}{line}</dl>")
    assert "<dl>" not in found
    assert found.count('<div><em class="sig-param">a</em>,</div>') == 2
    glossary = "<dl>\n<dt>word</dt><dd>meaning</dd>\n</dl>"
    assert reachable(glossary) == glossary
