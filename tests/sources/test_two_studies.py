"""Two studies in one workspace: each panel is that of its own study alone.

For every source that is fetched a smaller study is cut out of its protocol's: fewer
apps, markets and controls. Whoever fetches first, and whatever the other one fetched,
both panels are those that each has in a folder of its own.
"""

import dataclasses
import datetime as dt

import pytest
from pandas.testing import assert_frame_equal
from sources.protocol import load_protocols
from sources.protocols import app_store_live, flathub, github, trends
from sources.protocols import domains_umbrella as umbrella
from sources.protocols import wikipedia_countries as countries
from sources.protocols import wikipedia_views as views

from migration.errors import SourceError
from migration.sources import fetch, load_panel, read_raw
from migration.sources.client import Client
from migration.sources.registry import module_of
from migration.workspace import init_workspace

PROTOCOLS = {one.name: one for one in load_protocols()}
OF_FILES = {"files", "retrieved_at"}


def cut(protocol, base):
    """The first of its apps that has an identifier, its first market, no control."""
    study = protocol.study(base)
    spec = study.source(protocol.source)
    known = spec.options.get("identifiers_of", protocol.source)
    titled = spec.options.get("topics", {})
    apps = [app for app in study.apps if known in app.ids or app.id in titled]
    source = dataclasses.replace(spec, controls=())
    return dataclasses.replace(
        study,
        id="second",
        apps=tuple(apps[:1]),
        markets=study.markets[:1],
        sources=(source,),
    ), {}


def one_storefront(_, base):
    """Its look-up of ratings names fewer apps, and has an address of its own."""
    study, _ = cut(PROTOCOLS["app_store (live)"], base)
    path = "/lookup?id=310633997&country=in&entity=software"
    return study, {path: (200, app_store_live.JSON, app_store_live.lookup(whatsapp=0))}


def one_market(protocol, base):
    study, _ = cut(protocol, base)
    spec = study.source("gdelt")
    source = dataclasses.replace(spec, options={**spec.options, "markets": ["IN"]})
    return dataclasses.replace(study, sources=(source,)), {}


def another_repository(protocol, base):
    study, _ = cut(protocol, base)
    app = dataclasses.replace(study.apps[0], ids={"github": ("o/other",)})
    path = "/repos/o/other/stargazers?per_page=100&page=1"
    stars = [github.star(day, 1) for day in (0, 2, 4)]
    return dataclasses.replace(study, apps=(app,)), {path: github.page(stars, 1, 1)}


def another_item_on_another_day(protocol, base):
    """What it looked for is in no other file, and its day is no day of the first."""
    study, _ = cut(protocol, base)
    source = protocol.source
    app = dataclasses.replace(study.apps[0], ids={source: ("Q42",)})
    row = countries.row("IN", "en.wikipedia", "Session_(software)", "Q42", 777)
    path = f"{countries.FOLDER}/2021-01-12.tsv"
    made = {path: countries.file(countries.other("IN"), row)}
    return dataclasses.replace(study, apps=(app,)), made


def another_title_on_other_days(protocol, base):
    study, _ = cut(protocol, base)
    title, first, last = "Session_(software)", "20210103", "20210112"
    app = dataclasses.replace(
        study.apps[0], ids={"wikipedia_views": (f"{views.EN}/{title}",)}
    )

    def later(path):
        return path.replace("20210105", first).replace("20210108", last)

    made = {
        views.titles_path(views.EN, title): views.titles(title),
        later(views.views_path(views.EN, title)): views.steady(views.EN, title, 5),
        later(views.all_path(views.EN)): views.steady(views.EN, "", 10_000),
    }
    return dataclasses.replace(study, apps=(app,)), made


def another_domain_on_another_day(protocol, base):
    study, _ = cut(protocol, base)
    app = dataclasses.replace(study.apps[0], ids={"domains": ("netflix.com",)})
    sent = (200, umbrella.ZIP, umbrella.zipped(umbrella.rows(umbrella.EARLY)))
    return dataclasses.replace(study, apps=(app,)), {umbrella.path("12"): sent}


def an_app_with_other_days(protocol, base):
    """Its ranks are among its own apps, and its file has days that no other has."""
    study, _ = cut(protocol, base)
    name = "org.other.App"
    app = dataclasses.replace(study.apps[0], ids={"flathub": (name,)})
    days = [flathub.day(n, 99) for n in range(30)]
    return dataclasses.replace(study, apps=(app,)), {
        f"/data/{name}.json": flathub.file(name, days)
    }


def the_same_topic_in_one_market(protocol, base):
    """India alone, not beside Namibia: a request and a scale of its own."""
    study, _ = cut(protocol, base)
    app = dataclasses.replace(study.apps[0], ids={"trends": (trends.WHATSAPP,)})
    options = {"live": True, "address": base, "world": False}
    source = dataclasses.replace(study.source("trends"), options=options)
    lines = trends.timeline([20, 30, 40, 50, 60, 70, 80, 100])
    made = trends.exchange(trends.WHATSAPP, ["IN"], lines, "alone")
    return dataclasses.replace(study, apps=(app,), sources=(source,)), made


SECOND = {
    "app_store (live)": one_storefront,
    "domains (Umbrella)": another_domain_on_another_day,
    "flathub": an_app_with_other_days,
    "gdelt": one_market,
    "github": another_repository,
    "trends": the_same_topic_in_one_market,
    "wikipedia_countries": another_item_on_another_day,
    "wikipedia_views": another_title_on_other_days,
}
DAYS = {  # of the second study, where its own are others
    "domains (Umbrella)": (dt.date(2021, 1, 12), dt.date(2021, 1, 12)),
    "wikipedia_countries": (dt.date(2021, 1, 12), dt.date(2021, 1, 12)),
    "wikipedia_views": (dt.date(2021, 1, 3), dt.date(2021, 1, 12)),
}


@pytest.fixture
def gather(tmp_path):
    """Fetch studies of a source one after the other into one folder."""
    client = Client(contact="tests@example.org", pace=0.0, sleep=lambda _: None)

    def run(name, protocol, *studies):
        space = init_workspace(tmp_path / name)
        for study in studies:
            own = DAYS.get(protocol.name) if study.id == "second" else None
            since, until = own or protocol.window
            done = fetch(
                study, since=since, until=until, workspace=space, client=client
            )
            assert not done.failed, done
        return space

    yield run
    client.close()


def same(one, other):
    assert_frame_equal(one, other)
    told = [panel.attrs["vintage"] for panel in (one, other)]
    kept = [{k: v for k, v in t.items() if k not in OF_FILES} for t in told]
    assert kept[0] == kept[1]


@pytest.mark.once
@pytest.mark.parametrize("name", PROTOCOLS)
def test_each_study_has_the_panel_that_it_has_alone(gather, server, name):
    protocol = PROTOCOLS[name]
    first = protocol.study(server.base)
    second, more = SECOND.get(name, cut)(protocol, server.base)
    every = protocol.answers(server.base) | more
    server.script = {path: [sent] for path, sent in every.items()}

    def panel(study, space):
        return load_panel(study, source=protocol.source, workspace=space)

    def in_turn(folder, one, other):
        """What one has alone, then what both have once the other has fetched."""
        space = gather(folder, protocol, one)
        alone = panel(one, space)
        gather(folder, protocol, other)
        return alone, panel(one, space), panel(other, space)

    alone, beside, other_after = in_turn("both", first, second)
    other_alone, other_beside, after = in_turn("turned", second, first)
    assert alone["lower"].notna().any()
    assert other_alone["lower"].notna().any()
    for own, found in ((alone, beside), (alone, after)):
        same(found, own)
    for own, found in ((other_alone, other_beside), (other_alone, other_after)):
        same(found, own)


NAMED = sorted(set(PROTOCOLS) - {"trends", "domains (Tranco)"})


@pytest.mark.once
@pytest.mark.parametrize("name", NAMED)
def test_a_file_that_its_parser_refuses_is_named(gather, server, name):
    """Trends names the question instead; the name of a Tranco list is not read."""
    protocol = PROTOCOLS[name]
    study, source = protocol.study(server.base), protocol.source
    every = protocol.answers(server.base)
    server.script = {path: [sent] for path, sent in every.items()}
    space = gather("first", protocol, study)
    raw = read_raw(source, study=study, workspace=space)
    url = server.base + protocol.data_path
    (spoilt,) = [e for e in raw.entries if e.url.partition("#")[0] == url]
    files = {**raw.files, spoilt.name: b"<!DOCTYPE html><title>spoilt</title>"}
    with pytest.raises(SourceError) as told:
        module_of(source).panel(dataclasses.replace(raw, files=files), study)
    assert spoilt.name.rpartition("/")[2].removesuffix(".json") in str(told.value)
