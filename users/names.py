"""Names that cannot be mistaken: for code, for something invisible, or for somebody else."""

import re
import unicodedata

from django.core.exceptions import ValidationError

USER_NAME = re.compile(
    # A name that reads as an address, a code or a primary key could stand for somebody else.
    r"^(?!USR\d+\Z)(?!\d+\Z)[\w.+\-]{2,150}\Z",
    re.IGNORECASE,
)
# The joiners belong to the spelling of some scripts; other format characters only hide.
JOINERS = "\u200c\u200d"
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Scripts that are written together.
TOGETHER = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC"}),
    frozenset({"CJK", "HANGUL"}),
    frozenset({"CJK", "BOPOMOFO"}),
)
# Letters of no script of their own, and copies of Latin ones in another shape.
NEUTRAL, SHAPES = frozenset({"MODIFIER"}), frozenset({"MATHEMATICAL", "FULLWIDTH"})
# Letters of other scripts that look like Latin ones (Unicode TR 39, the common part of it).
LATIN_LOOKALIKES = frozenset(
    "аеорсухіјѕһԁԛԝкмтвнАВЕКМНОРСТУХІЈЅԌԚԜ"  # Cyrillic
    "οανικρτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"  # Greek
    "օսոցքհՕՍ"  # Armenian
)


def plain_name(value: str) -> None:
    """Refuse invisible and direction-changing characters, and words that mix scripts."""
    hidden = [letter for letter in value if is_invisible(letter)]
    if hidden:
        raise ValidationError(
            f"Leave out the invisible character U+{ord(hidden[0]):04X}.", code="invisible"
        )
    for word in re.split(r"[\W_]+", value):
        refuse_mixed_scripts(word)


def user_name(value: str) -> None:
    """Refuse a user name that is malformed, not in its normal form, or looks like another one."""
    if not USER_NAME.match(value):
        raise ValidationError(
            "Use 2 to 150 letters, digits and . + - _ for the user name, not a number or a user "
            "code."
        )
    if unicodedata.normalize("NFKC", value) != value:
        raise ValidationError("Write the user name with plain letters and digits.", code="form")
    letters = {letter for letter in value if letter.isalpha()}
    if letters and letters <= LATIN_LOOKALIKES:
        raise ValidationError(
            "Every letter of this name looks like a Latin one. Use Latin letters.",
            code="lookalike",
        )
    refuse_mixed_scripts(value)


def refuse_mixed_scripts(word: str) -> None:
    scripts = {script_of(letter) for letter in word if letter.isalpha()} - NEUTRAL
    stands_alone = len(scripts) <= 1 and not scripts & SHAPES
    if not stands_alone and not any(scripts <= group for group in TOGETHER):
        named = " and ".join(sorted(script.capitalize() for script in scripts))
        raise ValidationError(
            f"Letters of different scripts look alike ({named}): write a word in one of them.",
            code="mixed_scripts",
        )


def script_of(letter: str) -> str:
    """Return the script of a letter, which is the first word of its Unicode name."""
    return unicodedata.name(letter, "UNKNOWN").split()[0].partition("-")[0]


def is_invisible(letter: str) -> bool:
    return letter not in JOINERS and unicodedata.category(letter) in INVISIBLE


def normal_form(text: str) -> str:
    """Return a user name as it is stored: compatible characters become plain ones."""
    return unicodedata.normalize("NFKC", text).strip()
