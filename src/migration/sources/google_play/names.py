"""Which list of a page is the chart of free apps: told by its name, in any language.

Lists stand in another order on every page, so that a place among them says nothing.
The words for "free" and for "games" are common ones, from memory: which of them the
pages use was seen for English alone.
"""

FREE = {
    "ar": ("مجان",),
    "cs": ("zdarma",),
    "da": ("gratis",),
    "de": ("kostenlos", "gratis"),
    "el": ("δωρεάν",),
    "en": ("free",),
    "es": ("gratis", "gratuit"),
    "fa": ("رایگان",),
    "fi": ("ilmais", "maksut"),
    "fr": ("gratuit",),
    "he": ("חינם", "חינמ"),
    "hi": ("मुफ़्त", "मुफ्त", "निःशुल्क"),
    "hu": ("ingyenes",),
    "id": ("gratis",),
    "it": ("gratis", "gratuit"),
    "ja": ("無料",),
    "ko": ("무료",),
    "nl": ("gratis",),
    "no": ("gratis",),
    "pl": ("bezpłatn", "darmow"),
    "pt": ("grátis", "gratis", "gratuit"),
    "ro": ("gratuit",),
    "ru": ("бесплатн",),
    "sv": ("gratis", "kostnadsfri"),
    "th": ("ฟรี",),
    "tr": ("ücretsiz",),
    "uk": ("безкоштовн",),
    "vi": ("miễn phí",),
    "zh": ("免费", "免費"),
}
GAMES = (
    "game", "gaming", "spiel", "jeu", "jueg", "jogo", "gioch", "spel", "spil", "hry",
    "gier", "gry", "oyun", "permainan", "игр", "ігр", "ігор", "παιχν", "joc", "játék",
    "peli", "pelej", "trò chơi", "เกม", "لعب", "ألعاب", "بازی", "משחק", "गेम", "ゲーム",
    "게임", "游戏", "遊戲",
)  # fmt: skip


def is_free_apps(name: str) -> bool:
    """Whether a list is called free, and not games.

    Examples
    --------
    >>> [is_free_apps(n) for n in ("Top free apps", "Top Free Games", "Top paid apps")]
    [True, False, False]
    >>> is_free_apps("Populäre Apps (kostenlos)")
    True
    """
    said = name.casefold()
    free = any(word.casefold() in said for words in FREE.values() for word in words)
    return free and not any(word in said for word in GAMES)
