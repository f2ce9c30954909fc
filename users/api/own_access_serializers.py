"""Passwords, sign-ins and API tokens as JSON."""

from typing import Any

from rest_framework import serializers

from users.models import ApiToken, SignIn


def password_field(**kwargs: Any) -> serializers.CharField:
    return serializers.CharField(trim_whitespace=False, **kwargs)


class PasswordChangeBody(serializers.Serializer[Any]):
    old_password = password_field(max_length=1000)
    new_password = password_field(max_length=128)


class PasswordResetBody(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254, help_text="The address of the account.")


class PasswordResetConfirmBody(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200, help_text="From the mailed link.")
    new_password = password_field(max_length=128)


class EndedAnswer(serializers.Serializer[Any]):
    message = serializers.CharField()
    ended = serializers.IntegerField(help_text="How many sign-ins there were.")


class SessionSerializer(serializers.ModelSerializer[SignIn]):
    """A sign-in in force."""

    kind = serializers.SerializerMethodField()
    last_used_at = serializers.DateTimeField(
        source="rotated_at", help_text="When it last got a token, which is good for an hour."
    )
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = SignIn
        fields = [
            "id", "kind", "user_agent", "address", "started_at", "last_used_at", "expires_at",
            "is_current",
        ]  # fmt: skip
        read_only_fields = fields

    def get_kind(self, row: SignIn) -> str:
        return "browser" if row.session_key else "token"

    def get_is_current(self, row: SignIn) -> bool:
        return bool(row.pk == self.context.get("current"))


class ApiTokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token in force, without its secret."""

    scopes = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = ApiToken
        fields = ["id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at"]
        read_only_fields = fields


class ApiTokenAnswer(ApiTokenSerializer):
    """A new token: the only answer with its secret."""

    message = serializers.CharField()
    token = serializers.CharField()

    class Meta(ApiTokenSerializer.Meta):
        fields = ["message", *ApiTokenSerializer.Meta.fields, "token"]
        read_only_fields = fields


class ApiTokenBody(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.CharField(max_length=50),
        max_length=50,
        help_text='["read"], ["all"], or permissions that you have; "read" narrows others.',
    )
    expires_at = serializers.DateTimeField(
        required=False, help_text="Within a year; in 90 days if absent."
    )
