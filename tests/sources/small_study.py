"""A study file of Flathub alone, whose mirror is on this machine."""

import dataclasses
import datetime as dt
import json

from study_parts import NOTICE, WORLD

STUDY = """
id = "loop"
title = "A study of a server on this machine"
question = "Does it survive?"
baseline = {{ start = 2020-12-01, end = 2021-01-03 }}

[[apps]]
id = "hit"
name = "Hit"
role = "destination"
ids.flathub = ["org.hit.App"]
[[sources]]
id = "flathub"
metrics = ["new_installs", "rank"]
zone = "UTC"
controls = {controls}
options = {{ address = "{base}/data" }}
"""
TEXT = {"Content-Type": "text/plain; charset=utf-8"}


@dataclasses.dataclass(frozen=True)
class Files:
    """Paths of the mirror's files, and what is in each; the numbers are invented."""

    controls: tuple[str, ...]

    @property
    def names(self):
        return sorted(["org.hit.App", *self.controls])

    def toml(self, base):
        own = STUDY.format(base=base, controls=json.dumps(list(self.controls)))
        return own + WORLD + NOTICE

    def serve(self, server):
        for name in self.names:
            server.answer(path_of(name), (200, TEXT, body(name)))


def path_of(name):
    return f"/data/{name}.json"


def body(name):
    first = dt.date(2020, 12, 1)
    dates = [first + dt.timedelta(days=n) for n in range(60)]
    stats = [{"date": f"{d:%Y/%m/%d}", "arches": {"x86_64": [9, 1]}} for d in dates]
    return json.dumps({"ref": name, "stats": stats}).encode()
