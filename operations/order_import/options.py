"""What decides how an order log is read and replayed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """The same file with the same options is the same import, and goes on where it stopped.

    columns: the file's column of a field, where its name does not tell.
    sku_pattern: what a SKU of goods looks like, beyond being a lawful item code.
    cancelled_prefix: orders whose number begins with it take goods back by negative quantities.
    cost_share: cost as a share of the price, for goods that are new to the catalogue.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    warehouse: str
    currency: str = "USD"
    channel: str = "online"
    sku_pattern: str = ""
    cancelled_prefix: str = "C"
    cost_share: Decimal = Decimal("0.6")
    date_format: str = ""
    timezone: str = "UTC"
    delimiter: str = ""
    encoding: str = "utf-8-sig"

    def as_text(self) -> str:
        """Return all options as one JSON text, equal for equal options."""
        return json.dumps(asdict(self), sort_keys=True, default=str)

    def fingerprint(self) -> str:
        return hashlib.sha256(self.as_text().encode()).hexdigest()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of times that name none."""
        return ZoneInfo(self.timezone)
