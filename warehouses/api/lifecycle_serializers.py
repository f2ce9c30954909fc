"""How people come and go, as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import ChoiceSynonymField, PhoneField, ReferenceField, ReferenceInput
from common.api.synonyms import SynonymsMixin
from common.permissions import ROLE_SYNONYMS, Role
from users.api.serializers import UserNameField
from users.models import User
from users.names import plain_name
from warehouses.api.people_serializers import PersonRowSerializer, PersonSerializer
from warehouses.lifecycle import ASKED_FOR
from warehouses.models import PromotionRequest, Registration, Warehouse
from warehouses.open_tasks import OpenTask

DECISIONS = {"approved": "approve", "accept": "approve", "rejected": "reject", "decline": "reject"}
OPTIONAL: dict[str, Any] = {"required": False, "allow_blank": True}


class RoleField(ChoiceSynonymField):
    def __init__(self, choices: Any = User.RoleChoice.choices, **kwargs: Any) -> None:
        super().__init__(choices, synonyms={**ROLE_SYNONYMS}, **kwargs)

    def to_internal_value(self, data: Any) -> Role:
        return Role(super().to_internal_value(data))


class RegisterBody(SynonymsMixin, serializers.Serializer[Any]):
    """What somebody asks for who is nobody yet."""

    synonyms = {"warehouse_id": "warehouse", "message": "note"}

    username = UserNameField()
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False)
    first_name = serializers.CharField(max_length=50, validators=[plain_name], **OPTIONAL)
    last_name = serializers.CharField(max_length=50, validators=[plain_name], **OPTIONAL)
    phone = PhoneField(**OPTIONAL)
    role = RoleField(
        ASKED_FOR,
        default=Role.VIEWER,
        help_text="The role asked for.",
    )
    warehouse = ReferenceInput(required=False, help_text="Where; without it the company's default.")
    note = serializers.CharField(max_length=500, **OPTIONAL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["warehouse"] = self.warehouse_asked_for(attrs.get("warehouse"))
        return attrs

    def warehouse_asked_for(self, reference: str | None) -> Warehouse:
        places = Warehouse.objects.filter(is_active=True)
        found: Warehouse | None = (
            places.by_reference(reference).first()
            if reference
            else places.order_by("-is_default", "pk").first()
        )
        if found is None:
            raise serializers.ValidationError(
                {"warehouse": ["There is no such warehouse. Ask for its code, such as WH001."]}
            )
        return found


class RegisterAnswer(serializers.Serializer[Any]):
    message = serializers.CharField()
    username = serializers.CharField()
    email = serializers.CharField()
    role = serializers.CharField()
    warehouse = serializers.CharField()
    status = serializers.CharField()


class RegistrationSerializer(serializers.ModelSerializer[Registration]):
    warehouse = serializers.CharField(source="warehouse.code", default=None, allow_null=True)
    requested_at = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Registration
        fields = ["role", "warehouse", "note", "state", "requested_at"]


class StaffFieldsMixin(serializers.Serializer[User]):
    registration = serializers.SerializerMethodField()

    @extend_schema_field(RegistrationSerializer(allow_null=True))
    def get_registration(self, user: User) -> Any:
        asked = getattr(user, "registration", None)
        return RegistrationSerializer(asked).data if asked else None


class StaffRowSerializer(StaffFieldsMixin, PersonRowSerializer):
    """A row of the list: the person, where they work, and what they asked for."""

    class Meta(PersonRowSerializer.Meta):
        fields = [*PersonRowSerializer.Meta.fields, "registration"]
        read_only_fields = fields


class StaffSerializer(StaffFieldsMixin, PersonSerializer):
    class Meta(PersonSerializer.Meta):
        fields = [*PersonSerializer.Meta.fields, "registration"]
        read_only_fields = fields


class NoteMixin(SynonymsMixin, serializers.Serializer[Any]):
    synonyms = {"reason": "note", "notes": "note"}

    note = serializers.CharField(max_length=500, **OPTIONAL)


class ReturnBody(NoteMixin):
    """Why somebody is let in again, and what changes with that."""

    role = RoleField(required=False, help_text="Instead of the role that they had.")
    warehouse = ReferenceField(
        Warehouse.objects.all, required=False, help_text="Instead of where they worked."
    )


class NamedPersonMixin(serializers.Serializer[Any]):
    """A body that names somebody whom the caller may see, in one of five ways."""

    NAMES = ("id", "code", "user_id", "username", "user")

    id = ReferenceInput(required=False)
    code = ReferenceInput(required=False, help_text="Such as USR001.")
    user_id = ReferenceInput(required=False)
    username = ReferenceInput(required=False)
    user = ReferenceInput(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = {name: attrs.pop(name) for name in self.NAMES if name in attrs}
        if not named:
            raise serializers.ValidationError({"username": ["Name the person: code or username."]})
        visible = User.objects.visible_to(self.context["request"].user)
        found = {name: visible.by_reference(reference).first() for name, reference in named.items()}
        unknown = {
            name: [f'Unknown person "{named[name][:50]}". Use the code of somebody you may see.']
            for name, person in found.items()
            if person is None
        }
        if unknown:
            raise serializers.ValidationError(unknown)
        people = set(found.values())
        if len(people) > 1:
            raise serializers.ValidationError(
                {name: ["These name different people. Send one of them."] for name in named}
            )
        attrs["person"] = people.pop()
        return attrs


class DecisionBody(NoteMixin):
    """Yes or no, and what is corrected."""

    decision = ChoiceSynonymField([("approve", "approve"), ("reject", "reject")], DECISIONS)
    role = RoleField(required=False, help_text="Instead of the role asked for.")
    warehouse = serializers.CharField(
        required=False,
        max_length=50,
        help_text="Instead of the warehouse asked for: the code of one that you belong to.",
    )


class NamedDecisionBody(NamedPersonMixin, DecisionBody):
    pass


class DepartureBody(NoteMixin):
    successor = ReferenceField(
        User.objects.active, noun="person", required=False, allow_null=True,
        help_text="Who has the person's open tasks and heads their warehouses from now on.",
    )  # fmt: skip


class NamedDepartureBody(NamedPersonMixin, DepartureBody):
    pass


class DemotionBody(NamedDepartureBody):
    note = serializers.CharField(max_length=500, help_text="The reason; also called `reason`.")


class PromotionBody(NamedPersonMixin, NoteMixin):
    warehouse = ReferenceField(
        Warehouse.objects.all, required=False, help_text="One where both of you work."
    )
    role = serializers.CharField(required=False, help_text="Can only be `manager`.")

    def validate_role(self, value: str) -> str:
        if value.strip().lower() != Role.MANAGER:
            raise serializers.ValidationError("A promotion makes somebody a manager.")
        return Role.MANAGER.value


class OpenTaskSerializer(serializers.Serializer[OpenTask]):
    kind = serializers.CharField()
    code = serializers.CharField()
    title = serializers.CharField()
    warehouse = serializers.CharField(allow_null=True)
    taken_over_from = serializers.CharField(
        allow_null=True, help_text="The user name of who began it, if somebody else did."
    )


class OpenTasksAnswer(serializers.Serializer[Any]):
    user_id = serializers.CharField()
    username = serializers.CharField()
    open_tasks = OpenTaskSerializer(many=True)


class TaskKeySerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=30)
    code = serializers.CharField(max_length=50)


class HandOverBody(NoteMixin):
    """Which open tasks somebody else shall have; without `tasks` all of them."""

    to = ReferenceField(User.objects.active, noun="person", help_text="Who takes them over.")
    tasks = serializers.ListField(
        child=TaskKeySerializer(), required=False, allow_empty=False, max_length=1000
    )

    def validate_tasks(self, value: list[dict[str, str]]) -> list[tuple[str, str]]:
        return [(task["kind"], task["code"]) for task in value]


class HandOverAnswer(OpenTasksAnswer):
    message = serializers.CharField()
    handed_over = OpenTaskSerializer(many=True)


class StaffAnswer(StaffSerializer):
    message = serializers.CharField()

    class Meta(StaffSerializer.Meta):
        fields = [*StaffSerializer.Meta.fields, "message"]


class DepartureAnswer(StaffAnswer):
    open_tasks = OpenTaskSerializer(many=True)
    handed_over = OpenTaskSerializer(many=True, help_text="What the successor has now.")
    without_manager = serializers.ListField(child=serializers.CharField())

    class Meta(StaffAnswer.Meta):
        fields = [*StaffAnswer.Meta.fields, "open_tasks", "handed_over", "without_manager"]


class PromotionSerializer(serializers.ModelSerializer[PromotionRequest]):
    user_id = serializers.CharField(source="user.code")
    username = serializers.CharField(source="user.username")
    current_role = serializers.CharField(source="user.role")
    role = serializers.CharField(default=Role.MANAGER.value, read_only=True)
    warehouse = serializers.CharField(source="warehouse.code")
    status = serializers.CharField(source="state")
    requested_by = serializers.CharField(source="requested_by.username")
    decided_by = serializers.CharField(source="decided_by.username", default=None, allow_null=True)

    class Meta:
        model = PromotionRequest
        fields = [
            "id", "code", "user_id", "username", "current_role", "role", "warehouse", "status",
            "reason", "requested_by", "created_at", "decided_by", "decided_at", "note",
        ]  # fmt: skip
        read_only_fields = fields


class PromotionAnswer(PromotionSerializer):
    message = serializers.CharField()

    class Meta(PromotionSerializer.Meta):
        fields = [*PromotionSerializer.Meta.fields, "message"]


class PromotionDecisionBody(NoteMixin):
    decision = ChoiceSynonymField([("approve", "approve"), ("reject", "reject")], DECISIONS)


class NamedPromotionDecisionBody(PromotionDecisionBody):
    id = ReferenceInput(required=False)
    code = ReferenceInput(required=False, help_text="Such as PRM-001.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = {name: attrs.pop(name) for name in ("id", "code") if name in attrs}
        if not named:
            raise serializers.ValidationError({"code": ["Name the request by its code."]})
        visible = PromotionRequest.objects.visible_to(self.context["request"].user)
        found = {name: visible.by_reference(reference).first() for name, reference in named.items()}
        wrong = [name for name, row in found.items() if row is None]
        if wrong or len(set(found.values())) > 1:
            field = (wrong or list(named))[0]
            raise serializers.ValidationError(
                {field: [f'Unknown promotion request "{named[field][:50]}". Use its code.']}
            )
        attrs["promotion"] = next(iter(found.values()))
        return attrs
