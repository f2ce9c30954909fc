"""The column names of other systems' exports, as those systems document them.

Left out is what their columns say in another unit or form than ours: weights in kilograms, lists
with commas, names of countries.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """Their columns and ours; a file that has all of `marks` is taken for one of theirs.

    constants: what rows hold in columns that their files do not have. words: by field, what their
    words mean in ours. left_out: columns called as ours that say something else.
    """

    name: str
    kind: str
    marks: tuple[str, ...]
    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


ODOO = {
    "Internal Reference": "sku",
    "default_code": "sku",
    "Name": "name",
    "Sales Price": "selling_price",
    "list_price": "selling_price",
    "Cost": "cost_price",
    "standard_price": "cost_price",
    "Barcode": "barcode",
    "Product Category": "category",
    "categ_id": "category",
    "Sales Description": "description",
    "description_sale": "description",
    "Unit of Measure": "stock_unit",
    "uom_id": "stock_unit",
    "Active": "is_active",
}
IN_KILOGRAMS = ("Weight",)
SHOPIFY_STATUS = {"draft": "pending", "archived": "discontinued"}
# Their warehouses are found by our codes or names. Shopify says "Not stocked" for none at all.
STOCK_PRESETS = (
    *(
        Preset(
            name="odoo",
            kind="stocks",
            marks=marks,
            columns={
                "Product/Internal Reference": "sku",
                "Internal Reference": "sku",
                "Quantity": "quantity",
                "Inventoried Quantity": "quantity",
                "Quantity On Hand": "quantity",
                "Warehouse": "warehouse",
                "Location": "bin_location",
                "Lot/Serial Number": "lot_number",
                "Lot/Serial Number/Expiration Date": "expiration_date",
            },
        )
        for marks in (
            ("Product/Internal Reference", "Quantity"),
            ("Product/Internal Reference", "Inventoried Quantity"),
            ("Internal Reference", "Quantity On Hand"),
        )
    ),
    *(
        Preset(
            name="erpnext",
            kind="stocks",
            marks=marks,
            columns={
                "Item Code": "sku",
                "Item": "sku",
                "Warehouse": "warehouse",
                "Quantity": "quantity",
                "Actual Quantity": "quantity",
                "Balance Qty": "quantity",
                "Valuation Rate": "unit_cost",
                "Batch No": "lot_number",
            },
        )
        for marks in (("Item Code", "Warehouse"), ("Item", "Warehouse", "Balance Qty"))
    ),
    *(
        Preset(
            name="inventree",
            kind="stocks",
            marks=(mark, "Quantity"),
            columns={
                mark: "sku",
                "Quantity": "quantity",
                "Batch": "lot_number",
                "Batch Code": "lot_number",
                "Expiry Date": "expiration_date",
                "Location Name": "bin_location",
            },
        )
        for mark in ("Part IPN", "Part.IPN")
    ),
    *(
        Preset(
            name="shopify",
            kind="stocks",
            marks=("SKU", "Location", quantity),
            columns={
                "SKU": "sku",
                "Location": "warehouse",
                quantity: "quantity",
                "Bin name": "bin_location",
            },
            words={"quantity": {"not stocked": "0"}},
        )
        for quantity in ("On hand (current)", "On hand")
    ),
)
PRESETS: tuple[Preset, ...] = (
    *(
        Preset(name="odoo", kind="products", marks=(mark,), columns=ODOO, left_out=IN_KILOGRAMS)
        for mark in ("Internal Reference", "default_code")
    ),
    Preset(
        name="erpnext",
        kind="products",
        marks=("Item Code", "Item Group"),
        columns={
            "Item Code": "sku",
            "Item Name": "name",
            "Item Group": "category",
            "Description": "description",
            "Default Unit of Measure": "stock_unit",
            "Standard Selling Rate": "selling_price",
            "Valuation Rate": "cost_price",
            "Disabled": "is_active",
            "Has Batch No": "lot_tracking",
            "Has Expiry Date": "expiration_tracking",
        },
        words={"is_active": {"0": "yes", "1": "no"}},
    ),
    Preset(
        name="inventree",
        kind="products",
        marks=("IPN",),
        columns={
            "IPN": "sku",
            "Name": "name",
            "Part Name": "name",
            "Description": "description",
            "Part Description": "description",
            "Category Name": "category",
            "Units": "stock_unit",
            "Active": "is_active",
            "Trackable": "lot_tracking",
        },
    ),
    Preset(
        name="shopify",
        kind="products",
        marks=("Handle", "Variant SKU"),
        columns={
            "Handle": "product_id",
            "Title": "name",
            "Type": "category",
            "Variant SKU": "sku",
            "Variant Price": "selling_price",
            "Variant Barcode": "barcode",
            "Cost per item": "cost_price",
            "Status": "status",
        },
        words={"status": SHOPIFY_STATUS},
        left_out=("Tags",),
    ),
    Preset(  # as it has been since 2024
        name="shopify",
        kind="products",
        marks=("URL handle", "SKU"),
        columns={
            "URL handle": "product_id",
            "Title": "name",
            "Type": "category",
            "SKU": "sku",
            "Price": "selling_price",
            "Barcode": "barcode",
            "Cost per item": "cost_price",
            "Status": "status",
        },
        words={"status": SHOPIFY_STATUS},
        left_out=("Tags", "Description"),
    ),
    Preset(
        name="erpnext",
        kind="suppliers",
        marks=("Supplier Name", "Supplier Group"),
        columns={
            "ID": "supplier_id",
            "Supplier Name": "company_name",
            "Tax ID": "tax_id",
            "Billing Currency": "currency",
            "Website": "website",
            "Email Id": "email",
        },
    ),
    Preset(
        name="odoo",
        kind="suppliers",
        marks=("Name", "Street", "Zip"),
        columns={
            "Reference": "supplier_id",
            "Name": "company_name",
            "Email": "email",
            "Street": "street",
            "City": "city",
            "Zip": "postal_code",
            "Tax ID": "tax_id",
            "Website": "website",
        },
    ),
    *STOCK_PRESETS,
)
