"""Finding products, and what belongs to them, by words.

Every word is found in name, description, tags, product id, SKUs, barcodes or suppliers' codes, in
any order, whatever its case and accents. Where nothing has all of the words, they may be set apart
otherwise (`5kg`, `5 kg`; `ABC123`, `ABC-123`) and articles and prepositions are left out; where
still nothing has them, letters may be wrong or swapped. The texts stand in ProductSearchText, which
triggers of the database keep.

Words in ASCII are looked for as parts, by trigrams. Trigrams know other letters in some locales
only, so the text holds every end of such words: any part of the word then begins a lexeme.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.postgres.search import SearchQuery, TrigramWordSimilarity
from django.db import connection
from django.db.models import Case, F, FloatField, Func, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Lower
from django.db.models.lookups import Contains, GreaterThanOrEqual, Regex
from django.utils.text import smart_split, unescape_string_literal

from common.exceptions import InvalidInput
from inventory.models import Product, ProductSearchText, ProductVariation

LONGEST_TEXT, MOST_WORDS = 200, 10
FEWEST_LETTERS = 3  # of which trigrams say something
LONGEST_SWAPPED = 15
LONGEST_LEXEME = 40
SEPARATOR = "[ ,.;:/()_-]"
LONGEST_BY_LETTER, LONGEST_WHOLE = 7, 5
SIMILAR_ENOUGH = 0.51  # of the trigrams of a longer word; the index is asked for 0.4
SIMILAR_SHARE = 0.5  # of the pairs of letters of a word beyond ASCII
BETWEEN = f"{SEPARATOR}?"
PIECE = re.compile(r"\d+|[^\W\d_]+")
LONGEST_UNIT = 3  # letters behind a number: 5 kg
# Of the languages of many catalogues, folded; left out only where nothing has all words.
SMALL_WORDS = {
    "a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to",
    "with", "der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "fur", "und",
    "mit", "von", "im", "am", "zu", "zum", "zur", "le", "la", "les", "un", "une", "de",
    "du", "et", "pour", "avec", "en", "el", "los", "las", "y", "con", "para", "il", "lo",
    "gli", "di", "da", "per",
}  # fmt: skip
FROM_PRODUCT, FROM_VARIATION = "search_text__", "product__search_text__"


def joined(*texts: Any) -> Func:
    """Return texts with spaces between them, as an expression."""
    return Func(Value(" "), *texts, function="concat_ws", output_field=TextField())


FOLDED_BARCODE = Func(F("barcode"), function="inventory_folded", output_field=TextField())
OWN_TEXT: dict[str, Any] = {
    "folded_sku": Lower("sku_code"),
    "folded_barcode": FOLDED_BARCODE,
    "own_codes": joined(Lower("sku_code"), FOLDED_BARCODE),
    "shared_text": Func(
        F(f"{FROM_VARIATION}document"),
        F(f"{FROM_VARIATION}own_length"),
        function="left",
        output_field=TextField(),
    ),
}


class WrittenQuery(SearchQuery):
    """A text search query as PostgreSQL writes it: no parser cuts its lexemes once more."""

    def __init__(self, written: str) -> None:
        super().__init__(written)
        self.written = written

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        return "%s::tsquery", [self.written]


@dataclass(frozen=True, slots=True)
class Search:
    """The words of a text, without case and accents.

    is_loose: they may be set apart otherwise. is_tolerant: besides, letters may be wrong.
    """

    text: str
    words: tuple[str, ...]
    is_loose: bool = False
    is_tolerant: bool = False

    @property
    def groups(self) -> list[list[str]]:
        """The words, those together that may be one: numbers, and a number with its unit."""
        groups: list[list[str]] = []
        for word in self.words:
            if self.is_loose and groups and may_be_one(groups[-1], word):
                groups[-1].append(word)
            else:
                groups.append([word])
        return groups

    def condition(self, path: str = "") -> Q:
        """Return what selects the rows whose search text stands at `path`."""
        selected = Q()
        for group in self.groups:
            apart = Q()
            for word in group:
                apart &= similar(word, path) if self.is_tolerant else contained(word, path)
            selected &= apart | written(group, path) if self.is_loose else apart
        return selected

    def own(self) -> Q:
        """Select variations that have the words of their own, or what all of the product share."""
        selected = Q()
        for group in self.groups:
            apart = Q()
            for word in group:
                apart &= Q(shared_text__contains=word) | Q(own_codes__contains=word)
            if self.is_loose and (pattern := pattern_of(group)):
                apart |= Q(shared_text__regex=pattern) | Q(own_codes__regex=pattern)
            selected &= apart
        return selected

    def rank(self, path: str = "") -> Any:
        """Return what orders rows: whole codes, beginnings of codes, of names, then the rest."""
        if self.is_tolerant:
            alike = [likeness(word, path) for word in self.words]
            return sum((-one for one in alike[1:]), start=-alike[0])
        if self.is_loose:
            return self.loose_rank(path)
        code_begins = Contains(
            joined(Value(""), Func(F(f"{path}codes"), Value(" "), function="array_to_string")),
            Value(f" {self.text}"),
        )
        return Case(
            When(**{f"{path}codes__contains": [self.text]}, then=Value(0.0)),
            When(code_begins, then=Value(1.0)),
            When(**{f"{path}name__startswith": self.text}, then=Value(2.0)),
            When(**{f"{path}name__contains": f" {self.words[0]}"}, then=Value(3.0)),
            default=Value(4.0),
            output_field=FloatField(),
        )

    def loose_rank(self, path: str) -> Any:
        """Return the same order for words that may be set apart otherwise."""
        whole = BETWEEN.join(map(re.escape, pieces(self.words)))
        codes = joined(
            Value(""), Func(F(f"{path}codes"), Value(" "), function="array_to_string"), Value("")
        )
        return Case(
            When(Regex(codes, Value(f" {whole} ")), then=Value(0.0)),
            When(Regex(codes, Value(f" {whole}")), then=Value(1.0)),
            When(**{f"{path}name__regex": f"^{whole}"}, then=Value(2.0)),
            default=Value(4.0),
            output_field=FloatField(),
        )


def search_for(text: str) -> Search | None:
    """Return the search that a text asks for; None for a text without a word.

    Words in quotation marks belong together. Reads once to see whether anything has all of the
    words, once more where they may be set apart otherwise, and once where letters beyond ASCII
    must be folded. Raises InvalidInput.
    """
    text = text.replace("\x00", " ").strip()
    if len(text) > LONGEST_TEXT:
        message = f"At most {LONGEST_TEXT} characters. Search for fewer words."
        raise InvalidInput(message, {"search": [message]})
    if not text:
        return None
    words = tuple(word for word in split_words(folded(text)) if word)[:MOST_WORDS]
    if not words:
        return None
    exact = Search(" ".join(words), words)
    if is_found(exact):
        return exact
    telling = tuple(word for word in words if word not in SMALL_WORDS) or words
    loose = Search(" ".join(telling), telling, is_loose=True)
    may_differ = telling != words or any(pattern_of(group) for group in loose.groups)
    if may_differ and is_found(loose):
        return loose
    return replace(loose, is_loose=may_differ, is_tolerant=True)


def is_found(search: Search) -> bool:
    return ProductSearchText.objects.filter(search.condition()).exists()


def folded(text: str) -> str:
    """Return a text without case and accents, as the search texts are written."""
    if text.isascii():
        return text.lower()
    with connection.cursor() as cursor:
        cursor.execute("SELECT inventory_folded(%s)", [text])
        return str(cursor.fetchone()[0])


def split_words(text: str) -> list[str]:
    """Return the words of a text; what stands in quotation marks is one."""
    words = []
    for part in smart_split(text):
        quoted = len(part) > 1 and part[0] == part[-1] and part[0] in "\"'"
        words.append(" ".join((unescape_string_literal(part) if quoted else part).split()))
    return words


def may_be_one(group: list[str], word: str) -> bool:
    """Say whether a word may be written together with those before: digits, or their unit."""
    is_unit = word.isalpha() and len(word) <= LONGEST_UNIT
    return all(one.isdigit() for one in group) and (word.isdigit() or is_unit)


def pieces(words: Iterable[str]) -> list[str]:
    """Return the runs of letters and of digits of some words."""
    return PIECE.findall(" ".join(words))


def pattern_of(group: list[str]) -> str:
    """Return the pattern of words however their pieces are set apart; nothing of a lone piece.

    Of words with other signs there is none: those are looked for as they are.
    """
    found = pieces(group)
    if not all(one.isalnum() or re.match(SEPARATOR, one) for one in "".join(group)):
        return ""
    return r"\m" + BETWEEN.join(found) if len(found) > 1 else ""


def written(group: list[str], path: str) -> Q:
    """Select texts with these words, however their pieces are set apart."""
    pattern = pattern_of(group)
    if not pattern:
        return Q(pk__in=[])
    selected = Q(**{f"{path}document__regex": pattern})
    found = pieces(group)
    if any(len(piece) >= FEWEST_LETTERS for piece in found):
        return selected
    # It has no trigrams to look for, and would read all texts.
    return selected & Q(**{f"{path}words": beginning_with(found[:1], " & ")})


def contained(word: str, path: str) -> Q:
    """Select texts with a word as a part; with one or two letters as a word's beginning."""
    selected = Q(**{f"{path}document__contains": word})
    lexemes = lexemes_of(word)
    if not lexemes or (word.isascii() and len(word) >= FEWEST_LETTERS):
        return selected
    return selected & Q(**{f"{path}words": beginning_with(lexemes, " & ")})


def similar(word: str, path: str) -> Q:
    """Select texts with a word like this one: letters wrong, missing, too many or swapped."""
    selected = contained(word, path)
    if len(word) <= FEWEST_LETTERS or " " in word:
        return selected
    if not word.isascii():
        enough = GreaterThanOrEqual(likeness(word, path), Value(SIMILAR_SHARE))
        return selected | (Q(**{f"{path}words": beginning_with(pairs(word), " | ")}) & Q(enough))
    selected |= alike(word, path)
    for other in swapped(word):
        selected |= Q(**{f"{path}document__contains": other})
    return selected


def alike(word: str, path: str) -> Q:
    """Select texts with a word that is nearly this one.

    Of few trigrams some are common by chance (`tent` and `teapot`), so short words may differ in
    one letter alone; the shortest are whole words, or their plurals.
    """
    if len(word) > LONGEST_BY_LETTER:
        enough = GreaterThanOrEqual(likeness(word, path), Value(SIMILAR_ENOUGH))
        return Q(**{f"{path}document__trigram_word_similar": word}) & Q(enough)
    # One of the halves is as written, which the index knows; of the whole it would read all.
    half = len(word) // 2
    begins, ends = rf"(^|{SEPARATOR}){re.escape(word[:half])}", re.escape(word[half:])
    if len(word) - half < FEWEST_LETTERS:
        ends += f"(s|es)?{SEPARATOR}"
    either = Q(**{f"{path}document__regex": begins}) | Q(**{f"{path}document__regex": ends})
    return either & Q(Regex(joined(F(f"{path}document")), Value(one_letter_off(word))))


def one_letter_off(word: str) -> str:
    """Return the pattern of words with one letter more, less or other than this one."""
    variants = set()
    for at in range(len(word) + 1):
        begin, letter = re.escape(word[:at]), "[[:alnum:]]?"
        variants |= {begin + letter + re.escape(word[at:])}
        variants |= {begin + letter + re.escape(word[at + 1 :])}
    ending = r"(?:e?s)?\M" if len(word) <= LONGEST_WHOLE else ""
    return rf"\m(?:{'|'.join(sorted(variants))}){ending}"


def likeness(word: str, path: str) -> Any:
    """Return how much of a word a text has, from 0 to 1."""
    if word.isascii():
        return Cast(TrigramWordSimilarity(word, F(f"{path}document")), FloatField())
    share = 1 / len(pairs(word))
    found = [
        Case(When(**{f"{path}document__contains": pair}, then=Value(share)), default=Value(0.0))
        for pair in pairs(word)
    ]
    return sum(found[1:], start=found[0])


def lexemes_of(word: str) -> list[str]:
    """Return what of a word the search texts keep for beginnings of words.

    Of a word with letters beyond ASCII these alone: others stand there only for names and codes.
    """
    parts = "".join(one if one.isalnum() else " " for one in word).split()
    if not word.isascii():
        parts = [part for part in parts if not part.isascii()]
    return [part[:LONGEST_LEXEME] for part in parts]


def beginning_with(lexemes: list[str], joint: str) -> WrittenQuery:
    """Return the query for texts with words that begin so; lexemes are letters and digits."""
    return WrittenQuery(joint.join(f"'{one}':*" for one in lexemes))


def pairs(word: str) -> list[str]:
    """Return every two letters of a word that stand together."""
    letters = "".join(one for one in word if one.isalnum())[:LONGEST_LEXEME]
    return sorted({letters[at : at + 2] for at in range(max(1, len(letters) - 1))})


def swapped(word: str) -> list[str]:
    """Return the words that differ in two neighbouring letters."""
    if len(word) > LONGEST_SWAPPED:
        return []
    others = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    return sorted(others - {word})


def searched_products(products: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Narrow products to those that a text finds, the best first. Reads once or twice."""
    search = search_for(text)
    if search is None:
        return products
    found = products.filter(search.condition(FROM_PRODUCT))
    return found.order_by(search.rank(FROM_PRODUCT), "pk")


def searched_variations(variations: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Narrow variations to those that a text finds, the best first; not those beside them.

    A word stands in what all variations of the product share, or in this one's SKU or barcode.
    """
    search = search_for(text)
    if search is None:
        return variations
    found = variations.alias(**OWN_TEXT).filter(search.condition(FROM_VARIATION))
    if not search.is_tolerant:
        found = found.filter(search.own())
    whole = Q(folded_sku=search.text) | Q(folded_barcode=search.text)
    if search.is_loose and (pattern := pattern_of(list(search.words))):
        whole |= Q(own_codes__regex=rf"(^| ){pattern}( |$)")
    own_first = Case(
        When(whole, then=Value(-1.0)),
        default=search.rank(FROM_VARIATION),
        output_field=FloatField(),
    )
    return found.order_by(own_first, "pk")


def matching_products(text: str) -> QuerySet[Any]:
    """Return the keys of the products that a text finds."""
    return searched_products(Product.objects.all(), text).order_by().values("pk")


def matching_variations(text: str) -> QuerySet[Any]:
    """Return the keys of the variations that a text finds."""
    return searched_variations(ProductVariation.objects.all(), text).order_by().values("pk")
