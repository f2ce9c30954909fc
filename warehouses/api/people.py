"""Accounts over HTTP, here because they belong to warehouses."""

from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.viewsets import ResourceViewSet
from common.permissions import Can, Role
from users.models import User
from users.services.accounts import lock_admins, unlock_user
from users.services.invitations import invite_user
from warehouses.api.filters import UserFilterSet
from warehouses.api.people_serializers import (
    DeactivatedAnswer,
    PersonBody,
    PersonRowSerializer,
    PersonSerializer,
)
from warehouses.models import Membership
from warehouses.services import change_member, create_member, deactivate_member

PEOPLE = (
    User.objects.select_related("avatar")
    .defer("avatar__image")
    .prefetch_related(
        Prefetch(
            "warehouse_memberships",
            Membership.objects.select_related("warehouse").order_by("warehouse__code"),
        )
    )
)


@extend_schema_view(
    create=extend_schema(request=PersonBody, responses={201: PersonSerializer}),
    update=extend_schema(request=PersonBody, responses=PersonSerializer),
    partial_update=extend_schema(request=PersonBody, responses=PersonSerializer),
)
class UserViewSet(ResourceViewSet):
    """People who sign in."""

    queryset = PEOPLE
    filterset_class = UserFilterSet
    search_fields = ["username", "email", "first_name", "last_name", "display_name", "department"]
    ordering_fields = ["username", "email", "role", "status", "last_login", "created_at"]
    resource_name = "users"
    noun = "User"
    permissions = {
        "list": Can.VIEW_PEOPLE,
        "retrieve": Can.SIGN_IN,
        "me": Can.SIGN_IN,
        "create": Can.MANAGE_USERS,
        "update": Can.SIGN_IN,
        "partial_update": Can.SIGN_IN,
        "destroy": Can.MANAGE_USERS,
        "unlock": Can.MANAGE_USERS,
        "invite": Can.MANAGE_USERS,
    }

    def get_serializer_class(self) -> Any:
        if self.action in ("create", "update", "partial_update"):
            return PersonBody
        return PersonRowSerializer if self.action == "list" else PersonSerializer

    def detail_serializer(self, row: User) -> PersonSerializer:
        return PersonSerializer(row, context=self.get_serializer_context())

    def lock_before(self, row: User) -> None:
        if row.role == Role.ADMIN:
            lock_admins()

    def perform_create(self, serializer: Any) -> User:
        return create_member(acting_user=self.acting_user, **serializer.validated_data)

    @transaction.atomic
    def perform_update(self, serializer: Any) -> User:
        user = change_member(
            user=serializer.instance, acting_user=self.acting_user, **serializer.validated_data
        )
        if serializer.validated_data.get("account_locked") is False and user.is_locked:
            unlock_user(user=user, acting_user=self.acting_user)
        return user

    @extend_schema(request=None, responses=PersonSerializer)
    @action(detail=True, methods=["post"])
    def unlock(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Let somebody sign in again before the time is over."""
        user = unlock_user(user=self.get_object(), acting_user=self.acting_user)
        return self.answer(user, "User unlocked successfully")

    @extend_schema(request=None, responses=PersonSerializer)
    @action(detail=True, methods=["post"])
    def invite(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Mail somebody who has no password yet a new link to choose one."""
        user = self.get_object()
        invite_user(user=user, acting_user=self.acting_user)
        return self.answer(user, "Invitation sent")

    @extend_schema(responses=PersonSerializer)
    @action(detail=False)
    def me(self, request: Request) -> Response:
        return Response(self.representation(self.acting_user))

    @extend_schema(responses={200: DeactivatedAnswer})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        user = deactivate_member(user=self.get_object(), acting_user=self.acting_user)
        return Response(
            {
                "message": "User deactivated successfully",
                "user_id": user.code,
                "status": user.status,
            }
        )

    @property
    def acting_user(self) -> Any:
        return self.request.user
