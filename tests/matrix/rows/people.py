"""How people come and go: managers decide in their warehouses, admins about managers."""

from django.utils import timezone

from tests.factories.inventory import VariationFactory
from tests.factories.sales import take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory
from tests.matrix.table import Row, made, shared
from users.models import Avatar, User
from warehouses.models import PromotionRequest, Registration, TaskHandOver

ALL, ADMIN = "200 200 200 200 200", "200 403 403 403 403"
MANAGE, FOREIGN = "200 200 403 403 403", "200 404 403 403 403"
NAMED = "200 400 403 403 403"
STAFFS, PROMOTIONS = "/api/staffs/", "/api/admin/promotion-requests/"


@made
def newcomer(place):
    user = UserFactory(status="pending", email=f"{place.secret('newcomer')}@example.com")
    Registration.objects.create(
        user=user,
        username=user.username,
        warehouse=place.warehouse,
        role="staff",
        note=place.secret("registration-note"),
    )
    return user.code


@made
def clerk(place):
    user = UserFactory(role="staff", email=f"{place.secret('clerk')}@example.com")
    MembershipFactory(user=user, warehouse=place.warehouse)
    Avatar.objects.create(user=user, image=place.secret("picture").encode(), digest="0" * 16)
    return user.code


@made
def busy_clerk(place):
    user = UserFactory(role="staff")
    MembershipFactory(user=user, warehouse=place.warehouse)
    take_order(
        (VariationFactory(), 1),
        warehouse=place.warehouse,
        acting_user=user,
        notes=place.secret("task-order-notes"),
    )
    return user.code


@made
def taker(place):
    giver, user = UserFactory(role="staff"), UserFactory(role="staff")
    for person in (giver, user):
        MembershipFactory(user=person, warehouse=place.warehouse)
    order = take_order((VariationFactory(), 1), warehouse=place.warehouse, acting_user=giver)
    TaskHandOver.objects.create(
        kind="sales_order", task_code=order.order_number, title=place.secret("task-title"),
        warehouse=place.warehouse, from_user=giver, to_user=user, handed_over_by=giver,
        note=place.secret("hand-over-note"), handed_over_at=timezone.now(),
    )  # fmt: skip
    return user.code


@made
def dismissed(place):
    user = UserFactory(role="staff", status="dismissed")
    MembershipFactory(user=user, warehouse=place.warehouse)
    return user.code


@made
def head(place):
    user = UserFactory(role="manager", email=f"{place.secret('head')}@example.com")
    MembershipFactory(user=user, warehouse=place.warehouse)
    return user.code


@made
def promotion(place):
    row = PromotionRequest.objects.create(
        code=f"PRM-00{1 if place.is_own else 2}",
        user=User.objects.by_reference(clerk_to_promote(place)).get(),
        warehouse=place.warehouse,
        requested_by=User.objects.by_reference(place["head"]).get(),
        reason=place.secret("promotion-reason"),
    )
    return row.code


def clerk_to_promote(place):
    user = UserFactory(role="staff")
    MembershipFactory(user=user, warehouse=place.warehouse)
    return user.code


@shared
def picture_of_everybody(place):
    for user in place.world.users.values():
        Avatar.objects.create(user=user, image=b"picture", digest="1" * 16)
    return 1


def registering(place):
    return {
        "username": "matrix-newcomer",
        "email": "matrix-newcomer@example.com",
        "password": "correct horse battery",
        "warehouse": place.own["warehouse"],
    }


ROWS = [
    Row(
        "post",
        "/api/auth/register/",
        own="201 201 201 201 201",
        anonymous=201,
        body=registering,
    ),
    Row("get", STAFFS, own=MANAGE),
    Row("get", STAFFS + "?warehouse={warehouse}", own=MANAGE, foreign=MANAGE),
    Row("get", STAFFS + "{newcomer}/", own=MANAGE, foreign=FOREIGN),
    Row(
        "post",
        STAFFS + "{newcomer}/approve/",
        own=MANAGE,
        foreign=FOREIGN,
        body={"decision": "approve"},
    ),
    Row(
        "post",
        STAFFS + "{own.newcomer}/approve/",
        own=MANAGE,
        foreign="200 400 403 403 403",
        body=lambda place: {"decision": "approve", "warehouse": place["warehouse"]},
    ),
    Row(
        "post",
        STAFFS + "approve/",
        own=MANAGE,
        foreign=NAMED,
        body=lambda place: {"code": place["newcomer"], "decision": "reject"},
    ),
    Row("post", STAFFS + "{clerk}/dismiss/", own=MANAGE, foreign=FOREIGN, body={}),
    Row(
        "post",
        STAFFS + "dismiss/",
        own=MANAGE,
        foreign=NAMED,
        body=lambda place: {"code": place["clerk"]},
    ),
    Row("post", STAFFS + "{dismissed}/reinstate/", own=ADMIN, foreign=ADMIN, body={}),
    Row(
        "post",
        STAFFS + "{own.dismissed}/reinstate/",
        own=ADMIN,
        foreign=ADMIN,
        body=lambda place: {"role": "sales", "warehouse": place["warehouse"]},
    ),
    Row("get", STAFFS + "{clerk}/open-tasks/", own=MANAGE, foreign=FOREIGN),
    Row("get", STAFFS + "{taker}/open-tasks/", own=MANAGE, foreign=FOREIGN),
    Row(
        "post",
        STAFFS + "{busy_clerk}/hand-over/",
        own=MANAGE,
        foreign=FOREIGN,
        body=lambda place: {"to": place["clerk"]},
    ),
    # Somebody of another warehouse takes nothing over: a manager does not even see them.
    Row(
        "post",
        STAFFS + "{own.busy_clerk}/hand-over/",
        own=MANAGE,
        foreign="400 400 403 403 403",
        body=lambda place: {"to": place["clerk"]},
    ),
    Row("get", "/api/profile/open-tasks/", own=ALL),
    Row(
        "post",
        "/api/managers/request-staff-promotion/",
        own="201 201 403 403 403",
        foreign="201 400 403 403 403",
        body=lambda place: {"code": place["clerk"]},
    ),
    Row("get", PROMOTIONS, own=MANAGE),
    Row("get", PROMOTIONS + "{promotion}/", own=MANAGE, foreign=FOREIGN),
    Row(
        "post",
        PROMOTIONS + "{promotion}/approve/",
        own=ADMIN,
        foreign=ADMIN,
        body={"decision": "approve"},
    ),
    Row(
        "post",
        PROMOTIONS + "approve/",
        own=ADMIN,
        foreign=ADMIN,
        body=lambda place: {"code": place["promotion"], "decision": "reject"},
    ),
    Row(
        "post",
        "/api/admin/demote-manager/",
        own=ADMIN,
        foreign=ADMIN,
        body=lambda place: {"code": place["head"], "reason": "Asked for it"},
    ),
    Row("get", "/api/profile/", own=ALL),
    Row("put", "/api/profile/", own=ALL, body={"department": "Changed"}),
    Row("patch", "/api/profile/", own=ALL, body={"department": "Changed"}),
    Row("get", "/api/profile/avatar/?v={picture_of_everybody}", own=ALL),
    Row("delete", "/api/profile/avatar/", own="204 204 204 204 204"),
    Row(
        "get",
        "/api/users/{clerk}/avatar/",
        own="200 200 200 200 200",
        foreign="200 404 404 404 404",
    ),
]
