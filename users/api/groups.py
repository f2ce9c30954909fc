"""Groups of people, and the permissions there are."""

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.views import ApiView
from common.api.viewsets import ResourceViewSet
from common.permissions import OF_ROLES_ALONE, ROLE_PERMISSIONS, Can
from users.models import PeopleGroup, User
from users.names import plain_name
from users.services.groups import change_group, create_group, delete_group

MEMBERS = Prefetch("user_set", User.objects.order_by("pk"))
ADMINS = Can.MANAGE_USERS


class PermissionField(serializers.ChoiceField):
    """A permission, as accounts show it: with `can_` before it, or without."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[f"can_{can.value}" for can in Can], **kwargs)

    def to_internal_value(self, data: Any) -> Can:
        text = str(data)
        name = super().to_internal_value(text if text.startswith("can_") else f"can_{text}")
        return Can(name.removeprefix("can_"))


class MembersField(serializers.ListField):
    """People by user code, user name or id."""

    child = serializers.CharField(max_length=150)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1000, **kwargs)

    def to_internal_value(self, data: Any) -> list[User]:
        found: dict[str, User | None] = {
            reference: User.objects.by_reference(reference).first()
            for reference in dict.fromkeys(super().to_internal_value(data))
        }
        unknown = [f'Unknown user "{name[:50]}".' for name, user in found.items() if user is None]
        if unknown:
            raise serializers.ValidationError(unknown)
        return [user for user in found.values() if user is not None]


class GroupSerializer(serializers.ModelSerializer[PeopleGroup]):
    permissions = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField()

    class Meta:
        model = PeopleGroup
        fields = ["id", "name", "is_role", "permissions", "members"]
        read_only_fields = fields

    def get_permissions(self, group: PeopleGroup) -> list[str]:
        return sorted(f"can_{one.codename}" for one in group.permissions.all())

    def get_members(self, group: PeopleGroup) -> list[str]:
        return [user.code for user in group.user_set.all()]


class GroupBody(serializers.Serializer[PeopleGroup]):
    name = serializers.CharField(max_length=150, validators=[plain_name])
    permissions = serializers.ListField(child=PermissionField(), required=False, max_length=100)
    members = MembersField(required=False)


@extend_schema_view(
    create=extend_schema(request=GroupBody, responses={201: GroupSerializer}),
    update=extend_schema(request=GroupBody, responses=GroupSerializer),
    partial_update=extend_schema(request=GroupBody, responses=GroupSerializer),
)
class GroupViewSet(ResourceViewSet):
    """Groups whose permissions add to those of the members' roles."""

    queryset = PeopleGroup.objects.prefetch_related("permissions", MEMBERS)
    serializer_class = GroupSerializer
    search_fields = ["name"]
    ordering_fields = ["name"]
    resource_name = "groups"
    noun = "Group"
    permissions = {
        "list": ADMINS,
        "retrieve": ADMINS,
        "create": ADMINS,
        "update": ADMINS,
        "partial_update": ADMINS,
        "destroy": ADMINS,
    }

    def get_serializer_class(self) -> Any:
        writes = ("create", "update", "partial_update")
        return GroupBody if self.action in writes else GroupSerializer

    def detail_serializer(self, row: PeopleGroup) -> GroupSerializer:
        return GroupSerializer(row, context=self.get_serializer_context())

    def perform_create(self, serializer: Any) -> PeopleGroup:
        return create_group(acting_user=self.acting_user, **serializer.validated_data)

    def perform_update(self, serializer: Any) -> PeopleGroup:
        return change_group(
            group=serializer.instance, acting_user=self.acting_user, **serializer.validated_data
        )

    def perform_destroy(self, instance: PeopleGroup) -> None:
        delete_group(group=instance, acting_user=self.acting_user)

    @property
    def acting_user(self) -> Any:
        return self.request.user


class PermissionRow(serializers.Serializer[Any]):
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    may_be_given = serializers.BooleanField(help_text="Whether an own group may have it.")


class PermissionList(serializers.Serializer[Any]):
    permissions = PermissionRow(many=True)


@extend_schema(tags=["groups"])
class PermissionsView(ApiView):
    permissions = {"get": ADMINS}

    @extend_schema(responses=PermissionList)
    def get(self, request: Request) -> Response:
        """List all permissions, with the roles that have them."""
        rows = [
            {
                "name": f"can_{can.value}",
                "roles": [role.value for role in ROLE_PERMISSIONS if can in ROLE_PERMISSIONS[role]],
                "may_be_given": can not in OF_ROLES_ALONE,
            }
            for can in Can
        ]
        return Response({"permissions": rows})
