"""The people of the caller's warehouses, and the steps that let them in and out."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.views import ApiView
from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can
from users.models import User
from warehouses.api.filters import StaffFilterSet
from warehouses.api.lifecycle_serializers import (
    DecisionBody,
    DemotionBody,
    DepartureAnswer,
    DepartureBody,
    HandOverAnswer,
    HandOverBody,
    NamedDecisionBody,
    NamedDepartureBody,
    OpenTasksAnswer,
    ReturnBody,
    StaffAnswer,
    StaffRowSerializer,
    StaffSerializer,
)
from warehouses.api.people import PEOPLE
from warehouses.open_tasks import open_tasks_of
from warehouses.queries import member_warehouse
from warehouses.services import (
    approve_registration,
    demote_manager,
    dismiss_person,
    hand_over_tasks,
    reinstate_person,
    reject_registration,
)
from warehouses.services.standing import Departure

PEOPLE_AND_WISHES = PEOPLE.select_related("avatar", "registration__warehouse")


class StaffViewSet(ListRetrieveViewSet):
    """People, also those who wait to be let in."""

    queryset = PEOPLE_AND_WISHES
    filterset_class = StaffFilterSet
    search_fields = ["username", "email", "first_name", "last_name", "display_name"]
    ordering_fields = ["username", "role", "status", "created_at"]
    resource_name = "staffs"
    permissions = {
        "list": Can.VIEW_PEOPLE,
        "retrieve": Can.VIEW_PEOPLE,
        "approve": Can.MANAGE_PEOPLE,
        "approve_named": Can.MANAGE_PEOPLE,
        "dismiss": Can.MANAGE_PEOPLE,
        "dismiss_named": Can.MANAGE_PEOPLE,
        "reinstate": Can.MANAGE_USERS,
        "open_tasks": Can.VIEW_PEOPLE,
        "hand_over": Can.MANAGE_PEOPLE,
    }

    def get_serializer_class(self) -> Any:
        return StaffRowSerializer if self.action == "list" else StaffSerializer

    def detail_serializer(self, row: User) -> StaffSerializer:
        return StaffSerializer(row, context=self.get_serializer_context())

    @extend_schema(
        operation_id="staffs_approve_named", request=NamedDecisionBody, responses=StaffAnswer
    )
    @action(detail=False, methods=["post"], url_path="approve")
    def approve_named(self, request: Request) -> Response:
        """Let in, or turn away, somebody whom the body names."""
        body = self.read(NamedDecisionBody)
        return self.decide(body.pop("person"), body)

    @extend_schema(request=DecisionBody, responses=StaffAnswer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let in, or turn away, somebody who registered."""
        return self.decide(self.get_object(), self.read(DecisionBody))

    @extend_schema(
        operation_id="staffs_dismiss_named", request=NamedDepartureBody, responses=DepartureAnswer
    )
    @action(detail=False, methods=["post"], url_path="dismiss")
    def dismiss_named(self, request: Request) -> Response:
        """Take away all access of somebody whom the body names."""
        body = self.read(NamedDepartureBody)
        return self.let_go(body.pop("person"), body)

    @extend_schema(request=DepartureBody, responses=DepartureAnswer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take away all access of somebody at once; what they leave open is in the answer."""
        return self.let_go(self.get_object(), self.read(DepartureBody))

    @extend_schema(request=ReturnBody, responses=StaffAnswer)
    @action(detail=True, methods=["post"])
    def reinstate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let somebody in again who was dismissed or turned away."""
        user = reinstate_person(
            user=self.get_object(), acting_user=self.acting_user, **self.read(ReturnBody)
        )
        return self.answer(user, f"{user.username} has access again")

    @extend_schema(responses=OpenTasksAnswer)
    @action(detail=True, url_path="open-tasks")
    def open_tasks(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What somebody has open, as far as you may see it."""
        return Response(shown_tasks(self.get_object(), self.acting_user))

    @extend_schema(request=HandOverBody, responses=HandOverAnswer)
    @action(detail=True, methods=["post"], url_path="hand-over")
    def hand_over(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give what somebody has open to somebody else; the documents stay as they are."""
        user = self.get_object()
        given = hand_over_tasks(user=user, acting_user=self.acting_user, **self.read(HandOverBody))
        return Response(
            {
                "message": f"{len(given)} open tasks of {user.username} were handed over",
                "handed_over": [task._asdict() for task in given],
                **shown_tasks(user, self.acting_user),
            }
        )

    def read(self, body_class: Any) -> dict[str, Any]:
        body = body_class(data=self.request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        return dict(body.validated_data)

    def decide(self, user: User, body: dict[str, Any]) -> Response:
        if "warehouse" in body:
            body["warehouse"] = member_warehouse(body["warehouse"], self.acting_user)
        if body.pop("decision") == "approve":
            row = approve_registration(user=user, acting_user=self.acting_user, **body)
            return self.answer(row, f"{row.username} was let in")
        note = body.get("note", "")
        row = reject_registration(user=user, note=note, acting_user=self.acting_user)
        return self.answer(row, f"{row.username} was turned away")

    def let_go(self, user: User, body: dict[str, Any]) -> Response:
        departure = dismiss_person(user=user, acting_user=self.acting_user, **body)
        return self.answer(
            departure.user, f"{departure.user.username} was dismissed", **left_behind(departure)
        )

    @property
    def acting_user(self) -> Any:
        return self.request.user


@extend_schema(tags=["staffs"])
class DemoteManagerView(ApiView):
    permissions = {"post": Can.MANAGE_USERS}

    @extend_schema(request=DemotionBody, responses=DepartureAnswer)
    def post(self, request: Request) -> Response:
        """Make a manager one of the staff of the same warehouses."""
        body = DemotionBody(data=request.data, context={"request": request})
        body.is_valid(raise_exception=True)
        wanted = dict(body.validated_data)
        acting_user: Any = request.user
        departure = demote_manager(user=wanted.pop("person"), acting_user=acting_user, **wanted)
        row = PEOPLE_AND_WISHES.get(pk=departure.user.pk)
        return Response(
            {
                "message": f"{row.username} is one of the staff now",
                **left_behind(departure),
                **StaffSerializer(row, context={"request": request}).data,
            }
        )


def shown_tasks(user: User, seen_by: User) -> dict[str, Any]:
    tasks = open_tasks_of(user, seen_by=seen_by)
    return {
        "user_id": user.code,
        "username": user.username,
        "open_tasks": [task._asdict() for task in tasks],
    }


def left_behind(departure: Departure) -> dict[str, Any]:
    return {
        "open_tasks": [task._asdict() for task in departure.open_tasks],
        "handed_over": [task._asdict() for task in departure.handed_over],
        "without_manager": departure.without_manager,
    }
