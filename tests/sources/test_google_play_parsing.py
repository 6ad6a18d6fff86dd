"""Google Play's pages of every generation: read right, or refused."""

import json

import pytest
from google_play_pages import (
    PACKAGES,
    batch,
    blob,
    cards,
    cluster,
    free,
    item,
    own_page,
    page,
    placed,
    product,
    said,
    top,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from migration.errors import (
    MigrationError,
    RateLimited,
    SchemaDrift,
    UnexpectedContent,
)
from migration.sources.google_play import parse_batch
from migration.sources.google_play.blobs import read_blobs
from migration.sources.google_play.charts import parse_cards, parse_cluster, parse_top
from migration.sources.google_play.names import FREE, is_free_apps
from migration.sources.google_play.places import METRICS, Place, place_of
from migration.sources.google_play.products import Counters, next_tier, parse_product

SIGNAL = "org.thoughtcrime.securesms"
HOST = "https://play.google.com"


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("key", ["ds:3", "ds:17"])
def test_the_chart_of_free_apps_is_found_by_its_name(old, key):
    chart = parse_top(free((SIGNAL, *PACKAGES), old=old, key=key))
    assert chart.place(SIGNAL) == 1
    assert chart.place(PACKAGES[4]) == 6
    assert chart.place("org.example.none") is None
    assert (chart.end, chart.more) == (31, "/store/apps/collection/cluster?clp=X")


def test_the_order_of_the_lists_changes_nothing():
    lists = [cluster("Top free apps", PACKAGES[:5], "F")]
    lists += [
        cluster(name, PACKAGES[5:9])
        for name in ("Top paid apps", "Top grossing apps", "Trending", "Top free games")
    ]
    charts = {parse_top(top(*lists[n:], *lists[:n])) for n in range(5)}
    (chart,) = charts
    assert chart.apps == PACKAGES[:5]


@pytest.mark.parametrize(
    "name",
    [
        "Top-Apps (kostenlos)",
        "人気の無料アプリ",
        "Бесплатные приложения",
        "أهم التطبيقات المجانية",
    ],
)
def test_names_in_other_languages_are_known(name):
    chart = parse_top(top(cluster(name, PACKAGES), cluster("$", PACKAGES[::-1])))
    assert chart.apps == PACKAGES


def test_every_language_has_its_words_and_games_are_none():
    for words in FREE.values():
        assert all(is_free_apps(f"x {word} x") for word in words)
    games = ("Top free games", "Kostenlose Spiele", "Jeux gratuits", "無料ゲーム")
    assert not any(map(is_free_apps, games))
    assert not is_free_apps("Top paid apps")


def test_a_list_that_moved_is_found_by_a_name_beside_it():
    moved = [[9, {"x": [[[item(p) for p in PACKAGES]], "Top free apps", [5]]}]]
    paid = [[item(p) for p in PACKAGES[::-1]], "Top paid apps"]
    chart = parse_top(page(blob("ds:9", [moved, paid])))
    assert chart.apps == PACKAGES
    few = [[[item(p) for p in PACKAGES[:9]], "Top free apps"]]
    with pytest.raises(SchemaDrift, match="a list that is called free"):
        parse_top(page(blob("ds:9", few)))


def test_packages_without_a_link_of_their_own_are_none():
    bare = [[[[p] for p in PACKAGES], "Top free apps"]]
    with pytest.raises(SchemaDrift, match="a list that is called free"):
        parse_top(page(blob("ds:9", bare)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (top(cluster("Top paid apps", PACKAGES)), r"got the lists \['Top paid apps'\]"),
        (top(), r"got the lists \[\]"),
        (page(), "got the lists"),
        (top(cluster("Free", PACKAGES), cluster("free!", PACKAGES[1:])), "several"),
        (top(cluster("Top free apps", [*PACKAGES[:5], PACKAGES[0]])), "called free"),
        (top(cluster("Top free apps", ["no package"])), "called free"),
        (b"<html><body>Before you continue to Google Play</body></html>", "lists"),
    ],
)
def test_a_page_without_one_chart_of_free_apps_is_refused(content, words):
    with pytest.raises(SchemaDrift, match=words):
        parse_top(content)


@pytest.mark.parametrize("old", [False, True])
def test_a_lists_own_page_has_its_first_batch(old):
    chart = parse_cluster(own_page((*PACKAGES, SIGNAL), old=old))
    assert (chart.place(SIGNAL), chart.end) == (31, 31)


def test_a_lists_own_page_that_moved_is_searched():
    moved = page(blob("ds:4", [7, [[[[item(p)] for p in PACKAGES]]]]))
    assert parse_cluster(moved).apps == PACKAGES
    with pytest.raises(SchemaDrift, match="one list of apps, got 0"):
        parse_cluster(page(blob("ds:4", [[[item(p)] for p in PACKAGES[:9]]])))


def test_cards_are_counted_from_where_their_page_begins():
    chart = parse_cards(cards(PACKAGES), start=60)
    assert (chart.place(PACKAGES[0]), chart.place(PACKAGES[29])) == (61, 90)
    assert chart.end == 90


@pytest.mark.parametrize(
    "packages", [(), (PACKAGES[0], PACKAGES[0]), ("a song", *PACKAGES)]
)
def test_cards_of_no_apps_are_refused(packages):
    with pytest.raises(SchemaDrift, match="cards of different apps"):
        parse_cards(cards(packages))


TRIPLE = ["10,000,000+", 10_000_000, 23_871_650, "10M+"]


@pytest.mark.parametrize("made", [2020, 2021, 2022])
def test_exact_counters_of_each_making(made):
    content = product(SIGNAL, TRIPLE, 398_217, made=made)
    told = parse_product(content, package=SIGNAL)
    assert told == Counters(lower=23_871_650, upper=23_871_650, ratings=398_217)


@pytest.mark.parametrize("made", [2020, 2021, 2022])
@pytest.mark.parametrize("triple", [TRIPLE[:2], [*TRIPLE[:2], None]])
def test_a_tier_is_an_interval_up_to_the_next(made, triple):
    told = parse_product(product(SIGNAL, triple, made=made), package=SIGNAL)
    assert told == Counters(lower=10_000_000, upper=49_999_999, ratings=None)


@pytest.mark.parametrize(
    "label", ["10.000.000+", "10 000 000+", "1,00,00,000+", "\u200f10+\u200f"]
)
def test_labels_of_other_places_are_labels(label):
    told = parse_product(product(SIGNAL, [label, *TRIPLE[1:]]), package=SIGNAL)
    assert told.lower == 23_871_650


def test_tiers_by_hand():
    assert [next_tier(n) for n in (0, 1, 5, 10, 50, 5 * 10**9)] == [
        1, 5, 10, 50, 100, 10**10,
    ]  # fmt: skip
    with pytest.raises(SchemaDrift, match="got 20"):
        next_tier(20)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (product("org.other", TRIPLE), "another"),
        (product(SIGNAL, [*TRIPLE[:2], 9_999_999]), "below '10,000,000"),
        (product(SIGNAL, ["20+", 20]), "got 20"),
        (product(SIGNAL, ["10,000,000", *TRIPLE[1:]]), "got 0"),
        (product(SIGNAL, ["10+", True, 12]), "got 0"),
        (product(SIGNAL, ["10+", "10", 12]), "got 0"),
        (product(SIGNAL, None), "got 0"),
        (
            page(
                blob("ds:2", [SIGNAL]),
                blob("ds:5", placed((0, 12, 9), TRIPLE)),
                blob("ds:6", placed((0, 12, 9), ["50+", 50, 51])),
            ),
            "got 2",
        ),
    ],
)
def test_a_page_without_one_count_is_refused(content, words):
    with pytest.raises(SchemaDrift, match=words):
        parse_product(content, package=SIGNAL)


def test_ratings_are_those_of_the_blob_that_follows():
    stray = blob("ds:9", placed((0, 6, 2, 1), 7))
    content = product(SIGNAL, TRIPLE).replace(b"</body>", stray.encode() + b"</body>")
    assert parse_product(content, package=SIGNAL).ratings is None


@pytest.mark.parametrize("parse", [parse_top, parse_cluster, parse_cards, read_blobs])
@pytest.mark.parametrize(
    "content", [b"", b"{}", b")]}'\n[]", b"\xff\xfe", b"\x1f\x8b\x08"]
)
def test_what_is_no_page_is_refused(parse, content):
    with pytest.raises(UnexpectedContent, match="needs a page of HTML"):
        parse(content)


def test_a_page_in_another_unicode_is_read():
    text = free(PACKAGES).decode()
    for content in (text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode()):
        assert parse_top(content).apps == PACKAGES


def test_a_torn_blob_and_one_nested_beyond_measure_are_left_out():
    deep = f"AF_initDataCallback({{key: 'ds:8', data:{'[' * 100_000}".encode()
    torn = b"AF_initDataCallback({key: 'ds:9', data:[1, 2"
    assert list(read_blobs(page(blob("ds:1", [1])) + deep + torn)) == ["ds:1"]


@pytest.mark.parametrize("chunks", [True, False])
def test_an_answer_of_the_live_charts_is_read(chunks):
    assert parse_batch(batch(PACKAGES, chunks=chunks)).place(PACKAGES[2]) == 3


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (
            said(["wrb.fr", "vyAe2", None, None, None, [3], "generic"]),
            SchemaDrift,
            "rej",
        ),
        (said(["wrb.fr", "other", "[]"]), SchemaDrift, "one answer"),
        (said(["wrb.fr", "vyAe2", "[["]), UnexpectedContent, "torn"),
        (said(["wrb.fr", "vyAe2", "[]"]), SchemaDrift, "got 0"),
        (said(["wrb.fr", "vyAe2"]), SchemaDrift, "rejected"),
        (batch([*PACKAGES, PACKAGES[0]]), SchemaDrift, "different"),
        (batch(["x"]), SchemaDrift, "different"),
        (b")]}'\n\n[[", UnexpectedContent, "torn"),
        (b")]}'\n\n5\n", SchemaDrift, "one answer"),
        (b"<html>consent</html>", UnexpectedContent, "begins with"),
        (b"", UnexpectedContent, "begins with"),
        (
            b")]}'\ncom.google.play.gateway.proto.PlayGatewayError",
            RateLimited,
            "too much",
        ),
    ],
)
def test_an_answer_of_another_kind_is_refused(content, error, words):
    with pytest.raises(error, match=words):
        parse_batch(content)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/store/apps/top", Place(form="top", chart="rank")),
        ("/store/apps/top/?hl=de", Place(form="top", chart="rank")),
        ("/store/apps/top?gl=na", Place(form="top", chart="rank", country="NA")),
        (
            "/store/apps/top/category/COMMUNICATION?gl=US&hl=en",
            Place(form="top", chart="rank_communication", country="US"),
        ),
        (
            "/store/apps/collection/topselling_free?start=60&num=60&gl=fr",
            Place(form="cards", chart="rank", country="FR", start=60),
        ),
        (
            "/store/apps/category/COMMUNICATION/collection/topselling_free",
            Place(form="cards", chart="rank_communication"),
        ),
        (
            "/store/apps/collection/cluster?clp=0g4Y%3D:S:ANO1&gl=IN",
            Place(form="cluster", country="IN", name="0g4Y=:S:ANO1"),
        ),
        (
            f"/store/apps/details?id={SIGNAL}&hl=en&gl=us",
            Place(form="product", country="US", name=SIGNAL),
        ),
        ("/store/apps/top/category/GAME", None),
        ("/store/apps/topic", None),
        ("/store/apps/collection/topselling_paid", None),
        ("/store/apps/collection/topselling_free?start=x", None),
        ("/store/apps/details", None),
        ("/store/apps/details?id=x", None),
        ("/store/apps/top?gl=usa", Place(form="top", chart="rank")),
    ],
)
def test_addresses_say_what_they_show(path, place):
    assert place_of(HOST + path) == place
    assert place_of(f"https://example.org{path}") is None


def test_a_country_that_is_not_known_has_metrics_and_a_market_of_its_own():
    known, unknown = (
        place_of(f"{HOST}/store/apps/top?gl=us"),
        place_of(f"{HOST}/store/apps/top"),
    )
    assert (known.market, known.metric("rank")) == ("US", "rank")
    assert (unknown.market, unknown.metric("rank")) == ("ZZ", "rank_unplaced")
    assert {known.metric("rank"), unknown.metric("rank")} <= set(METRICS)
    assert place_of("https://[") is None


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-9, 10**13)
    | st.text(max_size=12)
    | st.just(SIGNAL)
)
NESTS = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4), max_leaves=12)
GOOD = {
    "top": [
        [None, [cluster("Top paid apps", PACKAGES[:3]), cluster("Free", PACKAGES[:12])]]
    ],
    "cluster": [[None, [[[[item(p) for p in PACKAGES[:12]], None]]]]],
    "product": placed((0, 12, 9), TRIPLE),
}
SPOILT = st.fixed_dictionaries(
    {
        "form": st.sampled_from([*GOOD, "cards", "batch"]),
        "path": st.lists(st.integers(0, 13), min_size=1, max_size=9),
        "thing": NESTS,
        "bytes": st.lists(
            st.tuples(st.integers(0, 3000), st.integers(0, 255)), max_size=2
        ),
        "cut": st.integers(0, 6000),
        "old": st.booleans(),
    }
)
PARSERS = {
    "top": parse_top,
    "cluster": parse_cluster,
    "product": lambda content: parse_product(content, package=SIGNAL),
    "cards": parse_cards,
    "batch": parse_batch,
}


def put(data, path, thing):
    """The data with a thing in a place that exists, or as near to it as one does."""
    if not path or not isinstance(data, list) or path[0] >= len(data):
        return thing
    return [put(x, path[1:], thing) if n == path[0] else x for n, x in enumerate(data)]


def content_of(parts):
    form = parts["form"]
    if form in GOOD:
        data = put(GOOD[form], parts["path"], parts["thing"])
        whole = page(blob("ds:2", [SIGNAL]), blob("ds:5", data, old=parts["old"]))
    elif form == "cards":
        whole = cards((*PACKAGES[:4], str(parts["thing"])))
    else:
        items = [[[[p]]] for p in PACKAGES[:3]]
        payload = put(placed((0, 1, 0, 28, 0), items), parts["path"], parts["thing"])
        whole = said(["wrb.fr", "vyAe2", json.dumps(payload)], parts["old"])
    spoilt = bytearray(whole)
    for at, byte in parts["bytes"]:
        spoilt[at % len(spoilt)] = byte
    return bytes(spoilt)[: parts["cut"] if parts["cut"] < len(spoilt) else None]


def spoilt_page(parts):
    try:
        told = PARSERS[parts["form"]](content_of(parts))
    except MigrationError:
        return
    if isinstance(told, Counters):
        assert 0 <= told.lower <= told.upper
    else:
        assert [told.place(app) for app in told.apps] == list(range(1, told.end + 1))


@given(SPOILT)
@settings(max_examples=150)
def test_a_spoilt_page_is_read_right_or_refused(parts):
    spoilt_page(parts)


@pytest.mark.slow
@given(SPOILT)
@settings(max_examples=1500)
def test_very_many_spoilt_pages_are_read_right_or_refused(parts):
    spoilt_page(parts)
