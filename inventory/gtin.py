"""Trade item numbers (EAN-8, UPC-A, UPC-E, EAN-13, GTIN-14): check digits and spellings."""

GTIN_LENGTHS = {8, 12, 13, 14}
UPC_E_LENGTH, UPC_A_LENGTH, CASE_LENGTH, SSCC_LENGTH = 8, 12, 14, 18
CASE_INDICATORS = "12345678"  # 0: the item itself; 9: something of varying measure


def has_wrong_check_digit(barcode: str) -> bool:
    """Say whether a barcode has the length of a trade item number but not its last digit."""
    return is_digits(barcode) and len(barcode) in GTIN_LENGTHS and not adds_up(barcode)


def is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def adds_up(number: str) -> bool:
    """Say whether the last digit is the check digit of those before it.

    GS1 General Specifications, 7.9: from the right, digits weigh 1, 3, 1, 3 …; the sum is a
    multiple of ten.
    """
    weighted = (int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(number[::-1]))
    return sum(weighted) % 10 == 0


def with_check_digit(digits: str) -> str:
    return next(f"{digits}{last}" for last in range(10) if adds_up(f"{digits}{last}"))


def spellings(number: str) -> set[str]:
    """Return how a trade item number is also written: with leading zeros, without, as UPC-E."""
    if not is_digits(number) or len(number) not in GTIN_LENGTHS:
        return {number}
    found = {number}
    for one in (number, upc_a_of(number)):
        bare = one.lstrip("0")
        found |= {bare.zfill(length) for length in GTIN_LENGTHS if one and len(bare) <= length}
    short = {upc_e_of(one) for one in found if len(one) == UPC_A_LENGTH}
    return found | (short - {""})


def upc_a_of(number: str) -> str:
    """Return the UPC-A that a UPC-E is short for, or nothing (GS1 General Specifications, 5.2.2.4).

    The check digit of a UPC-E is that of its UPC-A: hardly a number is both UPC-E and EAN-8.
    """
    if len(number) != UPC_E_LENGTH or number[0] not in "01" or not is_digits(number):
        return ""
    system, payload, check = number[0], number[1:7], number[7]
    last = payload[5]
    if last in "012":
        middle = f"{payload[:2]}{last}0000{payload[2:5]}"
    elif last == "3":
        middle = f"{payload[:3]}00000{payload[3:5]}"
    elif last == "4":
        middle = f"{payload[:4]}00000{payload[4]}"
    else:
        middle = f"{payload[:5]}0000{last}"
    upc_a = f"{system}{middle}{check}"
    return upc_a if adds_up(upc_a) else ""


def upc_e_of(upc_a: str) -> str:
    """Return the UPC-E of a UPC-A that has one, or nothing."""
    maker, item = upc_a[1:6], upc_a[6:11]
    candidates = (
        f"{maker[:2]}{item[2:]}{maker[2]}",
        f"{maker[:3]}{item[3:]}3",
        f"{maker[:4]}{item[4]}4",
        f"{maker}{item[4]}",
    )
    written = (f"{upc_a[0]}{payload}{upc_a[11]}" for payload in candidates)
    return next((short for short in written if upc_a_of(short) == upc_a), "")


def contained_item(number: str) -> str:
    """Return the number of the items in a case, or nothing (GS1 General Specifications, 2.1.5).

    A case has the digits of its items behind an indicator, and a check digit of its own.
    """
    if len(number) != CASE_LENGTH or not is_digits(number) or number[0] not in CASE_INDICATORS:
        return ""
    return with_check_digit(number[1:13]) if adds_up(number) else ""
