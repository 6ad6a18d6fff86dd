"""What the App Store and the archive send, in shape; every number is invented."""

import dataclasses
import datetime as dt
import json
from email.utils import format_datetime
from xml.sax.saxutils import escape

from migration.sources.app_store.asking import LISTING
from migration.sources.app_store.places import archived
from migration.sources.archive import Archive, captures, digest_of
from migration.study import load_study

WHATSAPP, SIGNAL, TELEGRAM = "310633997", "874139669", "686449807"
OTHERS = [f"{number}" for number in range(500_000_000, 500_000_200)]
JSON = {"Content-Type": "text/javascript; charset=utf-8"}
HTML = {"Content-Type": "text/html; charset=utf-8"}
ONE_DAY = dt.timedelta(days=1)
FIELDS = ["timestamp", "original", "mimetype", "statuscode", "digest", "length"]


def chart(size=100, **places):
    """Identifiers of a chart with apps at places: ``chart(signal=1)``."""
    named = {"signal": SIGNAL, "telegram": TELEGRAM, "whatsapp": WHATSAPP}
    apps = OTHERS[:size]
    for name, place in places.items():
        apps[place - 1] = named[name]
    return apps


def legacy(apps, *, made="2021-01-10T06:21:44-07:00", cc="in", **more):
    """The first kind of feed; one entry comes as no list, none as nothing."""
    entries = [_entry(app, cc) for app in apps]
    feed = {
        "author": {"name": {"label": "iTunes Store"}},
        "entry": entries[0] if len(entries) == 1 else entries,
        "updated": {"label": made},
        "title": {"label": "iTunes Store: Top Free Applications"},
        "id": {"label": f"https://itunes.apple.com/{cc}/rss/topfreeapplications/json"},
    }
    if not entries:
        del feed["entry"]
    return _json({"feed": feed | more})


def _entry(app, cc):
    page = f"https://apps.apple.com/{cc}/app/x/id{app}?uo=2"
    maker = f"https://apps.apple.com/{cc}/developer/y/id{int(app) + 1}?uo=2"
    about = {"im:id": app, "im:bundleId": "org.x"}
    return {
        "im:name": {"label": "Звонки और चैट"},
        "im:price": {"label": "Get", "attributes": {"amount": "0.00"}},
        "title": {"label": "x - y"},
        "link": {"attributes": {"rel": "alternate", "href": page}},
        "id": {"label": page, "attributes": about},
        "im:artist": {"label": "y", "attributes": {"href": maker}},
    }


def results(apps, *, made, cc="in"):
    """The later two kinds of feed, which differ in how they write the time."""
    rows = [{"artistName": "y", "id": app, "name": "x", "kind": "apps"} for app in apps]
    about = {"title": "Top Free", "id": "https://rss", "country": cc, "updated": made}
    return _json({"feed": {**about, "results": rows}})


def atom(apps, *, made="2021-01-10T06:21:44-07:00", cc="in", top=""):
    entries = "".join(
        f'<entry><updated>2020-01-01T00:00:00-07:00</updated><id im:id="{app}" '
        f'im:bundleId="org.x">https://apps.apple.com/{cc}/app/x/id{app}?uo=2</id>'
        f"<title>{escape('Звонки & चैट')}</title></entry>"
        for app in apps
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{top}<feed xmlns:im="http://itunes.'
        'apple.com/rss" xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><id>https://'
        f"itunes.apple.com/{cc}/rss/topfreeapplications/limit=100/xml</id><updated>"
        f"{made}</updated>{entries}</feed>"
    ).encode()


def grid(apps):
    """A page of apple.com/itunes/charts, each app linked twice, its maker once."""
    items = "".join(
        f'<li><strong>{n}.</strong><a href="{_page(app)}"><img src="x"></a>'
        f'<h3><a href="{_page(app)}">Звонки</a></h3>'
        f'<h4><a href="https://itunes.apple.com/us/artist/y/id{app[::-1]}">y</a></h4></li>'
        for n, app in enumerate(apps, 1)
    )
    menu = f'<ul><li><a href="{_page("111111111")}">an app of the day</a></ul>'
    return (
        f"<!DOCTYPE html><html><body>{menu}<section class='apps chart-grid'><div class="
        f"'section-content'><ul>{items}</ul></div></section></body></html>"
    ).encode()


def lockups(apps, *, classes="we-lockup targeted-link", top=""):
    """A page of apps.apple.com of 2020 to 2024."""
    links = "".join(
        f'<li><a class="{classes}" href="{_page(app)}"><p>{n}</p></a></li>'
        for n, app in enumerate(apps, 1)
    )
    maker = '<a href="https://apps.apple.com/us/developer/y/id999999999">y</a>'
    return f"<!DOCTYPE html>{top}<main>{maker}<ol>{links}</ol></main>".encode()


def scripted(apps):
    """A page of apps.apple.com since 2025: the data in a script."""
    data = json.dumps([{"url": _page(app), "again": _page(app)} for app in apps])
    data = data.replace("/", r"\/")
    return (
        '<!DOCTYPE html><div></div><script type="application/json" '
        f'id="serialized-server-data">{data}</script><script>1</script>'
    ).encode()


def _page(app):
    return f"https://apps.apple.com/us/app/some-name/id{app}"


def lookup(**counts):
    named = {"signal": SIGNAL, "telegram": TELEGRAM, "whatsapp": WHATSAPP}
    rows = [{"trackId": int(named[n]), "userRatingCount": c} for n, c in counts.items()]
    return b"\n\n\n" + _json({"resultCount": len(rows), "results": rows})


def _json(value):
    return json.dumps(value, ensure_ascii=False).encode()


def small(markets=("IN", "NA", "US"), *, metrics=("rank",), **options):
    """The WhatsApp study of three apps and few markets, of the App Store alone."""
    shipped = load_study("whatsapp-2021")
    apps = tuple(app for app in shipped.apps if "app_store" in app.ids)
    source = dataclasses.replace(
        shipped.source("app_store"), metrics=metrics, options=options
    )
    chosen = tuple(m for m in shipped.markets if m.code in markets)
    return dataclasses.replace(
        shipped, apps=apps, markets=chosen, sources=(source,), groups={}
    )


def row(stamp, original, content=b"", *, status="200", digest=None):
    """A row of the archive's index."""
    named = digest or digest_of(content)
    return [stamp, original, "text/javascript", status, named, f"{len(content)}"]


def index(*rows, key=None):
    return _json([FIELDS, *rows, *([[], [key]] if key else [])])


def listing_paths(base, start, window, *, keys=()):
    """Paths with query of the archive's index for one beginning, page by page."""
    around = (window[0] - ONE_DAY, window[1] + ONE_DAY)
    plan = captures(start, around, archive=Archive(address=base), listing=LISTING)
    paths, sent = [next(plan).url], None
    for key in keys:
        sent = dataclasses.make_dataclass("Sent", ["content"])(index(key=key))
        paths.append(plan.send(sent).url)
    return [path.removeprefix(base) for path in paths]


def start_of(market, metric):
    """Under which beginning the archive is asked for a chart."""
    return next(iter(archived(market, (metric,))))


def captured(content, stamp, *, headers=JSON, status=200, **more):
    """A capture as the archive plays it back."""
    when = dt.datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=dt.UTC)
    dated = {"Memento-Datetime": format_datetime(when, usegmt=True)}
    return (status, {**headers, **dated, **more}, content)


def playback_path(stamp, original):
    return f"/web/{stamp}id_/{original}"


def feed_address(cc, limit=100, ending="json"):
    return (
        f"https://itunes.apple.com/{cc}/rss/topfreeapplications/limit={limit}/{ending}"
    )
