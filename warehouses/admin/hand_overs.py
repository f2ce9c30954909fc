"""Who took over what from whom."""

from django.contrib import admin

from common.admin import ReadOnlyAdmin
from common.permissions import Can
from warehouses.admin.filters import OwnWarehouseFilter, TaskKindFilter
from warehouses.models import TaskHandOver


@admin.register(TaskHandOver)
class TaskHandOverAdmin(ReadOnlyAdmin):
    """Tasks are handed over on the page of who has them."""

    may_view = Can.MANAGE_PEOPLE
    list_display = [
        "title", "task_code", "warehouse", "from_user", "to_user", "handed_over_by",
        "handed_over_at",
    ]  # fmt: skip
    list_filter = [OwnWarehouseFilter, TaskKindFilter]
    list_select_related = ["warehouse", "from_user", "to_user", "handed_over_by"]
    search_fields = ["task_code", "title", "from_user__username", "to_user__username"]
    fields = [*list_display, "note"]
