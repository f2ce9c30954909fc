"""Accounts as JSON."""

from typing import Any

from django.conf.locale import LANG_INFO
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.fields import empty

from common.api.fields import ChoiceSynonymField, PhoneField
from common.api.synonyms import SynonymsMixin
from common.permissions import ROLE_SYNONYMS
from common.time_zones import time_zone_names
from users.models import User
from users.names import normal_form, user_name
from users.services.invitations import open_invitation


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "By user name",
            {"username": "manager", "password": "a long secret"},  # nosec B105
            request_only=True,
        )
    ]
)
class SignInBody(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=254, help_text="The user name or e-mail address.")
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    otp = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="The code of the authenticator app, or a recovery code, where there is one.",
    )


class RefreshBody(serializers.Serializer[Any]):
    refresh_token = serializers.CharField(max_length=2000, required=False)
    refresh = serializers.CharField(max_length=2000, required=False)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        if not attrs:
            raise serializers.ValidationError({"refresh_token": ["Send the refresh token."]})
        return attrs


class IdentitySerializer(serializers.ModelSerializer[User]):
    user_id = serializers.CharField(source="code", read_only=True)

    class Meta:
        model = User
        fields = ["user_id", "username", "email", "role"]
        read_only_fields = fields


class SignInAnswer(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.CharField(default="bearer")
    expires_in = serializers.IntegerField(help_text="Seconds until the access token expires.")
    user = IdentitySerializer()


class TokenPairAnswer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class StatusAnswer(serializers.Serializer[Any]):
    is_authenticated = serializers.BooleanField()
    user = IdentitySerializer()
    expires_at = serializers.DateTimeField(help_text="When the access token or session expires.")
    events_url = serializers.CharField(help_text="Where the stream of events is.")


class MessageAnswer(serializers.Serializer[Any]):
    message = serializers.CharField()


class UserNameField(serializers.CharField):
    """A user name in the form in which it is stored, so that its validators judge that."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=150, validators=[user_name], **kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation(normal_form(data) if isinstance(data, str) else data)


class ProfileSerializer(serializers.ModelSerializer[User]):
    phone = PhoneField(required=False, allow_blank=True)

    class Meta:
        model = User
        fields = ["first_name", "last_name", "display_name", "phone", "department", "job_title"]


class NotificationsSerializer(serializers.ModelSerializer[User]):
    email = serializers.BooleanField(source="notify_by_email", required=False)
    in_app = serializers.BooleanField(source="notify_in_app", required=False)
    low_stock_alerts = serializers.BooleanField(source="notify_low_stock", required=False)

    class Meta:
        model = User
        fields = ["email", "in_app", "low_stock_alerts"]


class NotificationSettingsSerializer(serializers.ModelSerializer[User]):
    email_notifications = serializers.BooleanField(source="notify_by_email", required=False)
    in_app_notifications = serializers.BooleanField(source="notify_in_app", required=False)
    low_stock_alerts = serializers.BooleanField(source="notify_low_stock", required=False)

    class Meta:
        model = User
        fields = ["email_notifications", "in_app_notifications", "low_stock_alerts"]


class PreferencesSerializer(serializers.ModelSerializer[User]):
    notification_settings = NotificationSettingsSerializer(source="*", required=False)
    notifications = NotificationsSerializer(source="*", required=False)

    class Meta:
        model = User
        fields = ["language", "timezone", "notification_settings", "notifications"]

    def validate_language(self, value: str) -> str:
        code = value.lower()
        if code not in LANG_INFO:
            raise serializers.ValidationError(
                'Use the code of a language, such as "en" or "pt-br".'
            )
        return code

    def validate_timezone(self, value: str) -> str:
        if value not in time_zone_names():
            raise serializers.ValidationError('Use a name such as "Europe/Berlin" or "UTC".')
        return value


class UserRowSerializer(serializers.ModelSerializer[User]):
    """A row of the list."""

    user_id = serializers.CharField(source="code", read_only=True)
    profile = ProfileSerializer(source="*", read_only=True)

    class Meta:
        model = User
        fields = ["id", "user_id", "username", "email", "profile", "role", "status", "last_login"]
        read_only_fields = fields


class InvitationSerializer(serializers.Serializer[Any]):
    sent_at = serializers.DateTimeField(source="created_at")
    expires_at = serializers.DateTimeField()


class UserSerializer(UserRowSerializer):
    """The whole account."""

    permissions = serializers.SerializerMethodField()
    preferences = PreferencesSerializer(source="*", read_only=True)
    account_locked = serializers.BooleanField(
        source="is_locked", help_text="By an administrator, or for a time by wrong passwords."
    )
    locked_until = serializers.DateTimeField(
        allow_null=True, help_text="When the lock by wrong passwords ends."
    )
    invitation = serializers.SerializerMethodField(
        help_text="The last one, until the person has chosen a password."
    )

    class Meta(UserRowSerializer.Meta):
        fields = [
            *UserRowSerializer.Meta.fields,
            "permissions",
            "preferences",
            "account_locked",
            "locked_until",
            "failed_login_attempts",
            "invitation",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    @extend_schema_field(InvitationSerializer(allow_null=True))
    def get_invitation(self, user: User) -> Any:
        row = open_invitation(user)
        return InvitationSerializer(row).data if row else None

    def get_permissions(self, user: User) -> list[str]:
        return sorted(f"can_{can}" for can in user.granted)


class UserBody(SynonymsMixin, serializers.ModelSerializer[User]):
    """What a request may set: nested as answers show it, or flat."""

    synonyms = {
        **{name: f"profile.{name}" for name in ProfileSerializer.Meta.fields},
        "timezone": "preferences.timezone",
        "language": "preferences.language",
    }

    username = UserNameField()
    password = serializers.CharField(max_length=128, trim_whitespace=False, required=False)
    invite = serializers.BooleanField(
        required=False,
        help_text="Instead of a password: mail the person a link to choose one. New accounts only.",
    )
    email = serializers.EmailField(max_length=254)
    role = ChoiceSynonymField(User.RoleChoice.choices, synonyms={**ROLE_SYNONYMS}, required=False)
    status = ChoiceSynonymField(User.Status.choices, required=False)
    profile = ProfileSerializer(source="*", required=False)
    preferences = PreferencesSerializer(source="*", required=False)

    class Meta:
        model = User
        fields = [
            "username",
            "email",
            "password",
            "invite",
            "role",
            "status",
            "account_locked",
            "notes",
            "profile",
            "preferences",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        invite = attrs.pop("invite", False)
        if self.instance is not None and invite:
            raise serializers.ValidationError({"invite": ["This account is there already."]})
        if self.instance is None and bool(attrs.get("password")) == invite:
            text = 'Send a password, or "invite": true to have the person choose one.'
            raise serializers.ValidationError({"password": [text]})
        return attrs
