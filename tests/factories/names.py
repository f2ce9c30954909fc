"""Names as people write them, one in each script that printed documents must show."""

SCRIPTS = {
    "latin": "Łódź Ärmel naïve",
    "greek": "Σφυρί ξύλινο",
    "cyrillic": "Молоток слесарный",
    "cjk": "不锈钢水壶",
    "arabic": "مطرقة خشبية",
    "hebrew": "פטיש עץ",
}
