"""A table of no known form is answered in its own names, where its cells tell them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migration.errors import SchemaDrift, SourceError
from migration.sources.own_csv.hints import advice
from migration.sources.own_csv.reading import read

SAID = {"metric": "downloads", "market": "WW", "vendor": "v", "exported": "2022-09-01"}
WIDE = "Tag;Old App;New App\n13.07.2022;1.200;7\n14.07.2022;1.300;8\n"
LONG = "When,Which app,How many\n2022-07-01,Old,5\n2022-07-02,Old,6\n"
SPOILT = "date,Old,New,Other\n2022-07-01,5,6,7\n2022-07-02,5,1.2K,8\n"
NAMELESS = "name: name it, or leave it out (pandas: to_csv(index=False))"
ACROSS = "App,2022-07-01,2022-07-02\nOld,5,6\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (WIDE, "say what its columns mean, such as --say date_column=Tag, and each"),
        (
            LONG,
            'such as --say date_column=When --say "app_column=Which app" '
            '--say "value_column=How many"',
        ),
        (
            "Country,Day of chart,Name,Place\nIN,1/7/22,Old,#4\nUS,1/7/22,Old,# 12\n",
            '--say "date_column=Day of chart" --say app_column=Name '
            "--say value_column=Place",
        ),
        ("week,Old,New\n2022-W27,5,6\n2022-W28,6,7\n", "date_column=week, and each"),
        ("App,Downloads,Revenue\nOld,5,6\nNew,6,7\n", "--say date_column=Day"),
        (SPOILT, "got '1.2K' under 'New' in the row of '2022-07-02': correct or empty"),
        (ACROSS, "its days stand side by side in the header"),
        (",date,Old,New\n0,2022-07-01,5,6\n1,2022-07-02,5,6\n", NAMELESS),
        (
            ",Day,Old\n2022-07-01,5,6\n2022-07-02,5,6\n",
            "name: name it date (pandas: to",
        ),
        (",App,Installs\n2022-07-01,Old,6\n", 'to_csv(index_label="date"))'),
        ("When,Country,,Count\n2022-07-01,IN,Old,6\n", NAMELESS),
        (
            ",When,Name,Count\n0,2022-07-01,Old,6\n",
            "--say date_column=When --say app_column=Name --say value_column=Count",
        ),
        (
            "Date,Name,name,Count\n2022-07-01,Old,Android,6\n",
            "'Name' stands 2 times in",
        ),
        ("When,App,Count,Count\n2022-07-01,Old,6,7\n", "'Count' stands 2 times in"),
        ("When,When,App,Count\n2022-07-01,2022-07-01,Old,7\n", "'When' stands 2 times"),
        (
            "When,Name,Name,Title,Count\n2022-07-01,a,b,Old,6\n",
            "--say date_column=When --say app_column=Title --say value_column=Count",
        ),
        ("Who,What\na,b\nc,d\n", "date_column=Day --say app_column=App"),
        ("one line", "date_column=Day --say app_column=App"),
    ],
)
def test_a_table_is_answered_in_its_own_names(text, words):
    with pytest.raises(SchemaDrift) as told:
        read(text.encode(), SAID)
    assert "no header of a known form" in str(told.value)
    assert words in str(told.value)


def test_what_is_advised_is_enough():
    said = {**SAID, "date_column": "Tag", "decimal": ","}
    found = read(b"\xef\xbb\xbf" + WIDE.encode(), said)
    assert found.rows["value"].tolist() == [1200, 1300, 7, 8]
    columns = {"date_column": "When", "app_column": "Which app"}
    found = read(LONG.encode(), SAID | columns | {"value_column": "How many"})
    assert found.rows["value"].tolist() == [5, 6]


def test_places_with_their_sign_are_read_side_by_side_and_advised():
    text = "date,Old,New\n2022-07-01,#1,# 12\n2022-07-02,#2,>500\n"
    found = read(text.encode(), SAID | {"metric": "rank_free"})
    assert found.form == "plain-wide"
    assert found.rows["value"].tolist()[:3] == [1, 2, 12]
    assert found.rows["lower"].tolist() == [1, 2, 12, 501]
    with pytest.raises(SchemaDrift, match=r"the figures need numbers.*got '#1'"):
        read(text.encode(), SAID)


def test_marks_at_the_ends_of_lines_make_no_column():
    text = "Tag;Old;New;\n13.07.2022;5;7;\n14.07.2022;6;8;\n"
    with pytest.raises(SchemaDrift, match="--say date_column=Tag, and each other"):
        read(text.encode(), SAID)
    found = read(text.encode(), SAID | {"date_column": "Tag"})
    assert found.rows["value"].tolist() == [5, 6, 7, 8]


CELLS = st.sampled_from(
    ["2022-07-01", "1/7/22", "5", "1.2K", "", "App", "date", "#", "#1", '"', ",", ";"]
)


@given(st.lists(st.lists(CELLS, max_size=5), max_size=6), st.sampled_from(",;\t|"))
def test_any_text_has_advice_or_a_refusal(rows, mark):
    text = "\n".join(mark.join(row) for row in rows)
    told = advice(text, {})
    assert told
    assert "_column= " not in f"{told} "  # no option that names nothing
    with suppress(SourceError):  # nothing else is raised
        assert len(read(text.encode(), SAID).rows)
