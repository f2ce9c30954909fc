"""Check digits of trade item numbers (EAN-8, UPC-A, EAN-13, GTIN-14)."""

GTIN_LENGTHS = {8, 12, 13, 14}


def has_wrong_check_digit(barcode: str) -> bool:
    """Say whether a barcode has the length of a trade item number but not its last digit.

    GS1 General Specifications, 7.9: from the right, digits weigh 1, 3, 1, 3 …; the sum is a
    multiple of ten.
    """
    if len(barcode) not in GTIN_LENGTHS or not (barcode.isascii() and barcode.isdigit()):
        return False
    weighted = (int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(barcode[::-1]))
    return sum(weighted) % 10 != 0
