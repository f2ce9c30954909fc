"""Refusals of warehouses."""

from common.exceptions import DomainError, WrongState


class WarehouseInUse(DomainError):
    """Stock or documents refer to the warehouse."""

    code = "in_use"
    title = "In use"


class DefaultWarehouseNeeded(WrongState):
    """The company's default warehouse must be there and active."""

    code = "default_warehouse"
