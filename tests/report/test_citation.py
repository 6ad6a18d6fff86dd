"""How a report is cited: in words and for BibTeX, without a clock."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from migration.report.citation import Cited, bibtex, in_words

CITED = Cited(
    title="Did the event move people?",
    study="People & apps",
    study_id="tiny",
    report="02_event_study",
    version="1.2",
    simulated=False,
    vintage=[{"source": "flathub", "retrieved": "2026-01-02T03:04:05Z"}],
    inputs_hash="ab" * 32,
)


def test_a_citation_names_title_study_version_data_and_inputs():
    assert in_words(CITED) == (
        "“Did the event move people?”. People & apps. Report tiny/02_event_study. Made "
        "with platform-migration 1.2. Data: flathub 2026-01-02; inputs SHA-256 "
        "abababababababab."
    )


def test_bibtex_escapes_what_it_must():
    assert bibtex(CITED).splitlines() == [
        "@misc{tiny-02_event_study,",
        r"  title = {{Did the event move people? People \& apps}},",
        r"  howpublished = {Report tiny/02\_event\_study. Made with platform-migration "
        "1.2},",
        "  note = {Data: flathub 2026-01-02; inputs SHA-256 abababababababab},",
        "}",
    ]


def test_what_is_simulated_is_cited_as_such_once():
    made = replace(CITED, simulated=True)
    assert in_words(made).startswith("“SIMULATED: Did")
    assert "{{SIMULATED: Did" in bibtex(made)
    again = replace(made, title="SIMULATED: a notice")
    assert in_words(again).count("SIMULATED") == 1


@given(text=st.text())
def test_braces_balance_whatever_the_title(text):
    made = bibtex(replace(CITED, title=text, study_id=text))
    bare = re.sub(r"\\[{}]", "", made)
    assert bare.count("{") == bare.count("}")
    assert re.fullmatch(r"@misc\{[A-Za-z0-9._-]+,", made.splitlines()[0])
