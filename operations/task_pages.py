"""Where the admin site shows what somebody has open."""

from urllib.parse import quote

from django.urls import reverse

from warehouses.open_tasks import OpenTask

PAGES_OF_TASKS = {
    "alert": "alerts_alert",
    "adjustment_request": "inventory_adjustmentrequest",
    "purchase_order": "purchasing_purchaseorder",
    "purchase_request": "purchasing_purchaserequest",
    "sales_order": "sales_salesorder",
    "stock_count": "inventory_stockcount",
    "transfer_request": "inventory_transferrequest",
}


def page_of_task(task: OpenTask) -> str:
    """Return the list that finds a task, by its code where the list knows codes."""
    words = task.title if task.kind == "alert" else task.code
    return f"{reverse(f'admin:{PAGES_OF_TASKS[task.kind]}_changelist')}?q={quote(words)}"
