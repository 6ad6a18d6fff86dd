"""Markets by part of the world, so that a reader finds one among many.

After the continental regions of the United Nations' standard country codes (M49);
what it does not hold is under ``Elsewhere``.
"""

WORLD, ELSEWHERE = "World", "Elsewhere"
_CODES = {
    "Africa": (
        "DZ AO BJ BW BF BI CV CM CF TD KM CG CD CI DJ EG GQ ER SZ ET GA GM GH GN GW KE "
        "LS LR LY MG MW ML MR MU YT MA MZ NA NE NG RE RW SH ST SN SC SL SO ZA SS SD TZ "
        "TG TN UG EH ZM ZW IO TF"
    ),
    "Americas": (
        "AI AG AR AW BS BB BZ BM BO BQ BV BR CA KY CL CO CR CU CW DM DO EC SV FK GF GL "
        "GD GP GT GY HT HN JM MQ MX MS NI PA PY PE PR BL KN LC MF PM VC SX GS SR TT TC "
        "US UY VE VG VI"
    ),
    "Asia": (
        "AF AM AZ BH BD BT BN KH CN CY GE HK IN ID IR IQ IL JP JO KZ KP KR KW KG LA LB "
        "MO MY MV MN MM NP OM PK PS PH QA SA SG LK SY TW TJ TH TL TR TM AE UZ VN YE"
    ),
    "Europe": (
        "AX AL AD AT BY BE BA BG HR CZ DK EE FO FI FR DE GI GR GG VA HU IS IE IM IT JE "
        "LV LI LT LU MT MD MC ME NL MK NO PL PT RO RU SM RS SK SI ES SJ SE CH UA GB"
    ),
    "Oceania": (
        "AS AU CX CC CK FJ PF GU HM KI MH FM NR NC NZ NU NF MP PW PG PN WS SB TK TO TV "
        "UM VU WF"
    ),
}
_REGION = {code: name for name, codes in _CODES.items() for code in codes.split()}
REGIONS = (WORLD, *_CODES, ELSEWHERE)


def region_of(code: str) -> str:
    """The part of the world of an ISO 3166-1 code.

    >>> region_of("NA"), region_of("WW"), region_of("AQ")
    ('Africa', 'World', 'Elsewhere')
    """
    return WORLD if code == "WW" else _REGION.get(code, ELSEWHERE)
