"""Parts that the small studies of the tests share, as text of a study file."""

WORLD = """
[[markets]]
code = "WW"
name = "World"
zone = "UTC"
"""
_NOTICE = """
[[events]]
id = "notice"
label = "Notice"
role = "focal"
precision = "{precision}"
severity = "high"
markets = ["all"]
citation = "made up"
window = [0, 8]
"""
NOTICE = _NOTICE.format(precision="day") + "start = 2021-01-06\n"
STAGGERED = (
    _NOTICE.format(precision="staggered")
    + "start = 2021-01-05\nend = 2021-01-08\nday_zero = 2021-01-06\n"
)
