"""Requests made up from the OpenAPI document, as everybody: no 500, and answers as documented.

`--full` tries more of each operation, `SCHEMATHESIS_CASES=100` as many as it says.
"""

import json
import os
import warnings
from contextlib import suppress
from datetime import timedelta

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.failures import FailureGroup

from common.permissions import Role
from tests.factories.alerts import AlertFactory
from tests.factories.inventory import CategoryFactory, put_in_stock
from tests.factories.notifications import NotificationFactory
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory
from tests.factories.webhooks import make_webhook
from users.api.tokens import refresh_token_of
from users.models import SignIn

pytestmark = pytest.mark.django_db
FULL_CASES = 20_000  # of all roles together
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_headers_conformance, response_schema_conformance,
]  # fmt: skip
EVERYBODY = [*Role, None]
MODES = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]


@pytest.fixture(scope="module")
def operations():
    document = SchemaGenerator().get_schema(request=None, public=True)
    schema = schemathesis.openapi.from_dict(json.loads(OpenApiJsonRenderer().render(document)))
    schema.app = get_wsgi_application()
    return [result.ok() for result in schema.get_all_operations()]


@pytest.fixture(autouse=True)
def kept_connection():
    """Requests share the connection of the test, which therefore stays open after each."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def references(settings):
    """A small company: names of rows that are there, by the path that they belong to."""
    settings.USER_REQUESTS_PER_MINUTE = settings.ANONYMOUS_REQUESTS_PER_MINUTE = 0
    stock = put_in_stock(quantity=10)
    warehouse, variation = stock.warehouse, stock.variation
    return {
        "alerts": AlertFactory(warehouse=warehouse).pk,
        "categories": CategoryFactory().code,
        "notifications": None,
        "orders": make_order(warehouse=warehouse).order_number,
        "products": variation.product.code,
        "purchase-orders": make_order(warehouse=warehouse, status="sent").order_number,
        "sales-orders": take_order((variation, 1), warehouse=warehouse).order_number,
        "stock-movements": stock.movements.get().pk,
        "stocks": stock.pk,
        "suppliers": SupplierFactory().code,
        "users": UserFactory().code,
        "variations": variation.sku_code,
        "warehouses": warehouse.code,
        "webhooks": make_webhook()[0].pk,
        "warehouse": warehouse,
    }


def headers_of(role, references):
    """Return the headers of somebody with a role who works in the warehouse; None is nobody."""
    if role is None:
        return {}
    user = UserFactory(role=role)
    MembershipFactory(user=user, warehouse=references["warehouse"], is_default=True)
    references["notifications"] = NotificationFactory(recipient=user).pk
    tomorrow = timezone.now() + timedelta(days=1)
    row = SignIn.objects.create(user=user, current_jti="a" * 32, expires_at=tomorrow)
    return {"Authorization": f"Bearer {refresh_token_of(row).access_token}"}


@pytest.fixture
def cases(count):
    """How many cases to make of each operation, good and bad ones each."""
    return int(os.environ.get("SCHEMATHESIS_CASES") or count(2, full=16))


def try_out(operation, mode, headers, reference, cases):
    """Send cases of one operation, each undone; return how many there were and what failed."""
    failures, tried = [], 0

    @settings(
        max_examples=cases, deadline=None, derandomize=True, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
    def send(case, is_known):
        nonlocal tried
        tried += 1
        if is_known and reference is not None:
            for name in case.path_parameters:
                case.path_parameters[name] = str(reference)
        try:
            with transaction.atomic():
                answer = case.call(headers=headers)
                transaction.set_rollback(True)
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:  # all operations are tried before any is judged
            failures.extend(f"{operation.label}: {error}" for error in group.exceptions)
        except Exception as error:
            failures.append(f"{operation.label}: {error!r}")

    with suppress(Unsatisfiable):
        send()
    return tried, failures


@pytest.mark.parametrize("role", EVERYBODY)
def test_every_operation_answers_as_documented(
    operations, references, role, cases, count, record_property
):
    headers = headers_of(role, references)
    failures, tried = [], 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the generator's own, about its strategies
        for operation in operations:
            reference = references.get(operation.path.split("/")[2])
            for mode in MODES:
                sent, found = try_out(operation, mode, headers, reference, cases)
                tried, failures = tried + sent, failures + found

    told = f"{role or 'nobody'}: {tried} cases of {len(operations)} operations"
    record_property("made-up requests", told)
    assert not failures, "\n\n".join(dict.fromkeys(failures))
    assert tried >= count(len(operations), full=FULL_CASES // len(EVERYBODY))
