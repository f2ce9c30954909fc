from decimal import Decimal

import pytest

from alerts.services.stock_findings import days_of_cover, plain, severity_of


@pytest.mark.parametrize(
    ("available", "demand", "days", "severity"),
    [
        ("0", "28", "0", "critical"),
        ("-3", "28", "0", "critical"),
        ("2", "28", "2", "critical"),
        ("2.001", "28", "2.001", "high"),
        ("7", "28", "7", "high"),
        ("8", "28", "8", "medium"),
        ("14", "28", "14", "medium"),
        ("15", "28", "15", "low"),
        ("5", "1", "140", "low"),
    ],
)
def test_severity_follows_the_days_of_cover(available, demand, days, severity):
    cover = days_of_cover(Decimal(available), Decimal(demand))

    assert cover == Decimal(days)
    assert severity_of(Decimal(available), Decimal(20), cover) == severity


@pytest.mark.parametrize(
    ("available", "severity"),
    [("0", "high"), ("5", "high"), ("5.001", "medium"), ("10", "medium"), ("10.5", "low"),
     ("20", "low")],
)  # fmt: skip
def test_severity_without_demand_follows_the_share_of_the_threshold(available, severity):
    assert days_of_cover(Decimal(available), Decimal(0)) is None
    assert severity_of(Decimal(available), Decimal(20), None) == severity


def test_numbers_are_written_plainly():
    texts = [plain(Decimal(text)) for text in ("75.000", "0.500", "-3", "100", "1E+2", "0.000")]
    assert texts == ["75", "0.5", "-3", "100", "100", "0"]
