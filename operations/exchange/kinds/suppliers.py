"""Suppliers: a row for each."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from common.permissions import Can
from operations.exchange.fields import (
    LARGEST_AMOUNT,
    Choice,
    Code,
    Country,
    Email,
    Field,
    Number,
    Pattern,
    Whole,
    YesNo,
)
from operations.exchange.kinds.base import Kind, refuse_twice
from operations.exchange.staging import Work
from operations.exchange.upsert import USER, Target, lock, stage, write
from suppliers.models import Supplier

PHONE: dict[str, Any] = {
    "pattern": r"^\+[1-9]\d{1,14}$",
    "removed": " ()-./\u00a0",
    "remedy": 'Write the phone number with its country, such as "+15551112222".',
    "longest": 40,
}
KEY = Code(name="supplier_id", column="code", shortest=2, also=("supplier_code",))
FIELDS_BEHIND: Sequence[Field] = (
    Field(name="company_name", empty=None, is_one_line=True, also=("name", "supplier_name")),
    Field(name="display_name", longest=100, is_one_line=True),
    Field(name="primary_contact", is_one_line=True, also=("contact",)),
    Email(name="email", also=("e-mail",)),
    Pattern(name="phone", **PHONE),
    Pattern(name="alternative_phone", **PHONE),
    Pattern(
        name="website", pattern=r"^https?://[^\s/.]+(\.[^\s/.]+)*(:\d+)?(/\S*)?$",
        remedy="Write the whole address, such as https://example.com.",
    ),
    Field(name="street"),
    Field(name="city", longest=100),
    Field(name="state", longest=100),
    Field(name="postal_code", longest=20, also=("zip",)),
    Country(name="country"),
    Field(name="tax_id", longest=50, also=("vat",)),
    Whole(name="payment_terms", default="30", empty=None),
    Pattern(
        name="currency", pattern="^[A-Z]{3}$", default="'USD'", empty=None, is_upper=True,
        remedy='Use the three-letter code of a currency, such as "USD".',
    ),
    Whole(name="lead_time_days", least=Decimal(1), default="7", empty=None),
    Number(
        name="minimum_order_value", places=2, most=LARGEST_AMOUNT, default="0", empty=None
    ),
    Number(name="over_receipt_tolerance_percent", places=2, most=Decimal(100)),
    Number(name="rating", places=1, least=Decimal(1), most=Decimal(5), default="3", empty=None),
    Number(name="communication_score", places=2, least=Decimal(1), most=Decimal(5)),
    Choice(
        name="status", words={status: status for status in Supplier.Status.values},
        default="'active'", empty=None,
    ),
    YesNo(name="preferred"),
    Field(name="notes", longest=1000),
)  # fmt: skip
SUPPLIER = Target(
    name="supplier",
    table="suppliers_supplier",
    source="import_row",
    key=[KEY],
    fields=FIELDS_BEHIND,
    made={"created_at": "clock_timestamp()", "created_by_id": USER},
    stamped={"updated_at": "clock_timestamp()"},
)


def judge(work: Work) -> None:
    """Find suppliers by their names where no code is given, and note what is wrong."""
    work.refuse(
        "SELECT r.line, 'company_name', r.company_name,"
        " 'Several suppliers have this name. Name the supplier_id.' FROM import_row r"
        " JOIN (SELECT lower(company_name) AS name FROM suppliers_supplier"
        " GROUP BY 1 HAVING count(*) > 1) AS several ON several.name = lower(r.company_name)"
        " WHERE r.supplier_id IS NULL"
    )
    work.complete(
        "supplier_id",
        "UPDATE import_row r SET supplier_id = s.code FROM suppliers_supplier s"
        " WHERE r.supplier_id IS NULL AND lower(s.company_name) = lower(r.company_name)",
    )
    work.refuse(
        "SELECT line, 'company_name', '', 'New suppliers need a name.' FROM import_row r"
        " WHERE company_name IS NULL"
        " AND line NOT IN (SELECT line FROM import_problem WHERE field = 'company_name')"
        " AND NOT EXISTS"
        " (SELECT FROM suppliers_supplier s WHERE s.code = r.supplier_id)"
    )
    refuse_twice(work, "supplier_id")
    work.refuse(
        "SELECT line, 'company_name', company_name, 'On line ' || first || ' as well, and neither"
        " has a supplier_id. Remove one of the two.' FROM (SELECT line, company_name, min(line)"
        " OVER (PARTITION BY lower(company_name)) AS first FROM import_row"
        " WHERE supplier_id IS NULL) AS found WHERE line > first"
    )
    work.refuse(
        "SELECT line, 'email', email, 'On line ' || first || ' as well: two suppliers cannot share"
        " an address.' FROM (SELECT line, email, min(line) OVER (PARTITION BY lower(email))"
        " AS first FROM import_row WHERE email IS NOT NULL) AS found WHERE line > first"
    )
    work.refuse(
        "SELECT r.line, 'email', r.email, 'Supplier ' || s.code || ' has this address.'"
        " FROM import_row r JOIN suppliers_supplier s ON lower(s.email) = lower(r.email)"
        " AND s.code IS DISTINCT FROM r.supplier_id WHERE r.email <> ''"
    )


def plan(work: Work) -> None:
    """Give new suppliers codes, stage all, tell fates."""
    if work.commits:
        number_suppliers(work)
        lock(work, SUPPLIER)
    stage(work, SUPPLIER)
    work.make("import_fate", "SELECT line, fate FROM import_supplier_final")


def number_suppliers(work: Work) -> None:
    """Give each new supplier the next free code."""
    lines = [line for (line,) in work.run("SELECT line FROM import_row WHERE supplier_id IS NULL")]
    codes: list[str] = []
    while len(codes) < len(lines):
        codes += [
            code
            for (code,) in work.run(
                "SELECT code FROM (SELECT 'SUP' || CASE WHEN n < 1000"
                " THEN lpad(n::text, 3, '0') ELSE n::text END AS code"
                " FROM (SELECT nextval('suppliers_supplier_code_seq') AS n"
                " FROM generate_series(1, %s)) AS next) AS made"
                " WHERE NOT EXISTS (SELECT FROM suppliers_supplier s WHERE s.code = made.code)"
                " AND NOT EXISTS (SELECT FROM import_row r WHERE r.supplier_id = made.code)",
                [len(lines) - len(codes)],
            )
        ]
    work.complete(
        "supplier_id",
        "UPDATE import_row r SET supplier_id = made.code"
        " FROM unnest(%s::int[], %s::text[]) AS made(line, code) WHERE made.line = r.line",
        [lines, codes],
    )


def write_suppliers(work: Work) -> None:
    write(work, SUPPLIER, (25, 95))


def rows(user: Any) -> tuple[str, Sequence[Any]]:
    columns = ", ".join(f's."{one.target}" AS "{one.name}"' for one in (KEY, *FIELDS_BEHIND))
    return f"SELECT {columns} FROM suppliers_supplier s ORDER BY s.id", []  # nosec B608


SUPPLIERS = Kind(
    name="suppliers",
    title="Suppliers",
    resource="suppliers",
    permission=Can.MANAGE_CATALOGUE,
    fields=(KEY, *FIELDS_BEHIND),
    judge=judge,
    plan=plan,
    write=write_suppliers,
    rows=rows,
)
