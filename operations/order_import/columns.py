"""Which column of an order log holds what."""

from collections.abc import Mapping, Sequence

from operations.order_import.exceptions import CannotImport

# Names that order logs commonly give to each field, without case, spaces and punctuation.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "order": (
        "invoiceno", "invoice", "invoicenumber", "invoiceid", "order", "orderid", "orderno",
        "ordernumber", "salesorder", "salesordernumber", "transactionid", "transactionno",
    ),
    "sku": (
        "sku", "stockcode", "skucode", "productid", "productcode", "itemid", "itemcode", "itemno",
        "lineitemsku", "article", "articleno", "articlenumber", "product", "item",
    ),
    "description": (
        "description", "productname", "productdescription", "itemname", "itemdescription",
        "lineitemname", "name", "title",
    ),
    "quantity": ("quantity", "qty", "lineitemquantity", "orderquantity", "unitssold", "units"),
    "date": (
        "invoicedate", "orderdate", "date", "datetime", "timestamp", "orderedat", "createdat",
        "purchasedate", "transactiondate", "orderpurchasetimestamp",
    ),
    "price": (
        "unitprice", "price", "priceperunit", "salepriceperunit", "sellingprice", "saleprice",
        "itemprice", "lineitemprice",
    ),
    "customer": (
        "customerid", "customer", "customerno", "customernumber", "clientid", "client", "buyer",
    ),
    "region": ("country", "region", "shippingcountry", "shipcountry", "state", "market"),
}  # fmt: skip
FIELDS = tuple(SYNONYMS)
REQUIRED = ("order", "sku", "quantity", "date", "price")


def choose_columns(header: Sequence[str], named: Mapping[str, str]) -> dict[str, int]:
    """Return the position of each field's column: the one named, else one of a common name.

    Raises CannotImport that names what is missing or unknown, and what there is.
    """
    there = f"The file has the columns: {', '.join(header) or 'none'}."
    chosen: dict[str, int] = {}
    for field, column in named.items():
        if field not in SYNONYMS:
            raise CannotImport(f'Unknown field "{field}". Map one of: {", ".join(FIELDS)}.')
        if column not in header:
            raise CannotImport(f'No column "{column}" for the {field}. {there}')
        chosen[field] = header.index(column)
    positions = {plain(name): index for index, name in reversed(list(enumerate(header)))}
    for field in FIELDS:
        taken = set(chosen.values())
        candidates = (positions[name] for name in SYNONYMS[field] if name in positions)
        found = next((index for index in candidates if index not in taken), None)
        if field not in chosen and found is not None:
            chosen[field] = found
    missing = [field for field in REQUIRED if field not in chosen]
    if missing:
        remedy = " ".join(f"--map {field}=COLUMN" for field in missing)
        raise CannotImport(f"No column found for: {', '.join(missing)}. Name it: {remedy}. {there}")
    return chosen


def plain(name: str) -> str:
    """Return a column's name without case, spaces and punctuation."""
    return "".join(character for character in name.lower() if character.isalnum())
