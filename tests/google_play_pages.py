"""Google Play's pages as its captures have them, made by hand; numbers are invented."""

import json

MORE = "/store/apps/collection/cluster?clp=X{}"
PACKAGES = tuple(f"org.example.app{n}" for n in range(1, 31))


def item(package):
    """One app of a list."""
    one = [None] * 13
    one[2], one[4], one[12] = package.title(), [[["Maker"]]], [package]
    one[9] = [None] * 5
    one[9][4] = [None, None, f"/store/apps/details?id={package}"]
    return one


def cluster(name, packages, more="X"):
    """One list of a page of several."""
    link = [None, None, f"/store/apps/collection/cluster?clp={more}"]
    return [[[item(p) for p in packages], name, None, [None] * 4 + [link]]]


def blob(key, data, *, old=False):
    """A script with data, as until 2020-08-26 or since."""
    text = json.dumps(data, ensure_ascii=False)
    own = f"function(){{return {text}}}" if old else f"{text}, sideChannel: {{}}"
    return (
        f"<script nonce=\"n\">AF_initDataCallback({{key: '{key}', isError:  false , "
        f"hash: '5', data:{own}}});</script>"
    )


def page(*blobs):
    return f"<!doctype html><html><body>{''.join(blobs)}</body></html>".encode()


def top(*clusters, old=False, key="ds:3"):
    """A page of several lists."""
    other = blob("ds:1", [["US", 7], [None, [[]]]], old=old)
    return page(other, blob(key, [[None, list(clusters)]], old=old))


def free(packages, **how):
    """A page with the chart of paid apps before that of free ones."""
    lists = cluster("Top paid apps", PACKAGES[::-1]), cluster("Top free apps", packages)
    return top(*lists, **how)


def own_page(packages, *, key="ds:3", old=False):
    """The first batch of a list's own page."""
    items = [item(p) for p in packages]
    return page(blob(key, [[None, [[[items, None, None]]]]], old=old))


def cards(packages):
    """A page of 2019 and before."""
    made = (
        f'<div class="card no-rationale square-cover" data-docid="{p}">'
        f'<a class="title" title="{p}">{p}</a><div data-docid="{p}"></div></div>'
        for p in packages
    )
    return f"<html><body>{''.join(made)}</body></html>".encode()


def placed(path, thing):
    """Lists in lists, empty but for one place."""
    for place in reversed(path):
        thing = [None] * place + [thing]
    return thing


def merged(one, other):
    """Two such nests in one."""
    if not (isinstance(one, list) and isinstance(other, list)):
        return other if one is None else one
    pairs = max(len(one), len(other))
    padded = [x + [None] * (pairs - len(x)) for x in (one, other)]
    return [merged(a, b) for a, b in zip(*padded, strict=True)]


def product(package, triple, ratings=None, *, made=2020):
    """The page of an app, as made in 2020, 2021 or since 2022."""
    about = blob("ds:2", [f"/store/apps/details?id={package}"])
    if made >= 2022:
        data = placed((1, 2, 13), triple)
        if ratings is not None:
            data = merged(data, placed((1, 2, 51, 2, 1), ratings))
        return page(about, blob("ds:5", data))
    number = {2020: 5, 2021: 6}[made]
    installs = blob(f"ds:{number}", placed((0, 12, 9), triple))
    more = [] if ratings is None else [placed((0, 6, 2, 1), ratings)]
    return page(about, installs, *(blob(f"ds:{number + 1}", data) for data in more))


def batch(packages, *, chunks=True):
    """An answer of the call by which charts are shown today."""
    items = [[[[p], None, None, p.title()]] for p in packages]
    payload = json.dumps(placed((0, 1, 0, 28, 0), items))
    return said(["wrb.fr", "vyAe2", payload, None, None, None, "generic"], chunks)


def said(part, chunks=True):
    whole = json.dumps([part, ["di", 57], ["af.httprm", 57, "-123", 4]])
    if not chunks:
        return f")]}}'\n\n{whole}".encode()
    end = '[["e",4,null,null,4567]]'
    return f")]}}'\n\n{len(whole)}\n{whole}\n{len(end)}\n{end}\n".encode()
