"""A small study for tests: two apps, two focal events, an outage between them."""

from study_parts import STAGGERED, WORLD

STUDY = f"""
id = "small"
title = "A small study"
question = "Does it run?"
[baseline]
start = 2020-11-01
end = 2021-01-03
[[apps]]
id = "hit"
name = "Hit"
role = "destination"
ids.flathub = ["org.hit.App"]
[[apps]]
id = "rival"
name = "Rival"
role = "neighbour"
ids.flathub = ["org.rival.App"]
{WORLD}{STAGGERED}
[[events]]
id = "delay"
label = "Delay"
role = "focal"
precision = "minute"
severity = "high"
markets = ["all"]
citation = "made up"
instant = 2021-01-15T19:45:00Z
window = [0, 8]
[[events]]
id = "outage"
label = "Outage of the hit app"
role = "confounder"
precision = "minute"
severity = "high"
markets = ["all"]
citation = "made up"
instant = 2021-01-15T16:00:00Z
end_instant = 2021-01-17T00:06:00Z
[[events]]
id = "tweet"
label = "A tweet"
role = "confounder"
precision = "day"
severity = "medium"
markets = ["all"]
apps = ["hit"]
citation = "made up"
start = 2021-01-07
[[sources]]
id = "flathub"
metrics = ["new_installs"]
zone = "UTC"
controls = [CONTROLS]
"""


def write(folder, controls):
    """Write the study and give its path."""
    named = ", ".join(f'"{name}"' for name in controls)
    path = folder / "small.toml"
    path.write_text(STUDY.replace("CONTROLS", named), encoding="utf-8")
    return path
