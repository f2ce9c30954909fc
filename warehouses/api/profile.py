"""One's own account over HTTP, and the pictures of those whom one may see."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, QueryDict
from django.utils.http import quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.fields import SkipField
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.renderers import NumberJSONRenderer
from common.api.schema import ErrorSerializer
from common.api.views import ApiView
from common.api.viewsets import ApiViewSet, field_paths
from common.permissions import Can
from common.row_versions import RowVersion
from users.avatars import LARGEST_FILE, MEDIA_TYPE, clean_avatar, too_large
from users.models import Avatar, User
from users.services.avatars import set_avatar
from warehouses.api.people import PEOPLE
from warehouses.api.people_serializers import PersonBody, PersonSerializer
from warehouses.queries import avatar_address
from warehouses.services.profile import change_profile

FORM_OVERHEAD = 64 * 1024


@extend_schema_field(OpenApiTypes.BINARY)
class AvatarField(serializers.Field[Any, Any, Any, Any]):
    """A picture as a file of a form; null takes it away; its own address leaves it as it is."""

    def to_internal_value(self, data: Any) -> bytes:
        if isinstance(data, UploadedFile):
            return clean_avatar(data)
        if isinstance(data, str) and data == avatar_address(self.context["request"].user):
            raise SkipField
        raise serializers.ValidationError(
            "Send the picture as a file: multipart/form-data with the field avatar."
        )


class ProfileBody(PersonBody):
    """What people change of themselves; whatever else the body holds stays as it is."""

    avatar = AvatarField(required=False, allow_null=True)

    class Meta(PersonBody.Meta):
        fields = ["profile", "preferences", "default_warehouse", "avatar"]


class ProfileViewSet(ApiViewSet):
    """One's own account."""

    queryset = PEOPLE
    resource_name = "profile"
    permissions = {
        "retrieve": Can.SIGN_IN,
        "update": Can.SIGN_IN,
        "partial_update": Can.SIGN_IN,
    }

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what is too large before a byte of it is read."""
        if content_length(request) > LARGEST_FILE + FORM_OVERHEAD:
            raise too_large()
        super().initial(request, *args, **kwargs)

    def find_row(self) -> User:
        row: User = PEOPLE.annotate(row_version=RowVersion()).get(pk=self.request.user.pk)
        return row

    def get_serializer_class(self) -> Any:
        return ProfileBody if self.request.method in ("PUT", "PATCH") else PersonSerializer

    def detail_serializer(self, row: User) -> PersonSerializer:
        return PersonSerializer(row, context=self.get_serializer_context())

    @extend_schema(responses=PersonSerializer)
    def retrieve(self, request: Request) -> Response:
        """Read your own account."""
        return Response(self.shown(self.get_object()))

    @extend_schema(request=ProfileBody, responses=PersonSerializer)
    def update(self, request: Request) -> Response:
        """Change your own profile, preferences and picture; PUT and PATCH are the same."""
        body = ProfileBody(
            self.get_object(), data=request.data, partial=True,
            context=self.get_serializer_context(),
        )  # fmt: skip
        body.is_valid(raise_exception=True)
        user: Any = request.user
        row = change_profile(user=user, acting_user=user, **body.validated_data)
        return self.answer(
            row,
            "Profile updated successfully",
            updated_fields=named_fields(body),
            updated_at=row.updated_at,
        )

    @extend_schema(request=ProfileBody, responses=PersonSerializer)
    def partial_update(self, request: Request) -> Response:
        """Change your own profile, preferences and picture; PUT and PATCH are the same."""
        return self.update(request)


class PictureRenderer(BaseRenderer):
    """Says that a picture is to be had; the view writes it, and errors are JSON."""

    media_type = MEDIA_TYPE
    format = "webp"
    charset = None


class PictureView(ApiView):
    renderer_classes = (PictureRenderer, NumberJSONRenderer)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(response, Response):
            request.accepted_renderer = NumberJSONRenderer()
            request.accepted_media_type = NumberJSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)

    def picture_of(self, person: User | None) -> HttpResponse:
        picture = Avatar.objects.filter(user=person).first() if person else None
        if picture is None:
            raise Http404("There is no such picture among those you may see.")
        response = HttpResponse(bytes(picture.image), content_type=MEDIA_TYPE)
        response["Content-Disposition"] = f'inline; filename="{picture.digest}.webp"'
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cache-Control"] = "private, max-age=3600"
        response["ETag"] = quote_etag(picture.digest)
        return response


@extend_schema(tags=["profile"])
class OwnPictureView(PictureView):
    permissions = {"get": Can.SIGN_IN, "delete": Can.SIGN_IN}

    @extend_schema(
        responses={
            (200, MEDIA_TYPE): OpenApiTypes.BINARY,
            (404, "application/json"): OpenApiResponse(ErrorSerializer, description="No picture"),
        }
    )
    def get(self, request: Request) -> HttpResponse:
        """Get your own picture."""
        user: Any = request.user
        return self.picture_of(user)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Take your own picture away."""
        user: Any = request.user
        set_avatar(user=user, image=None, acting_user=user)
        return Response(status=204)


@extend_schema(tags=["users"])
class PersonPictureView(PictureView):
    permissions = {"get": Can.SIGN_IN}

    @extend_schema(responses={(200, MEDIA_TYPE): OpenApiTypes.BINARY})
    def get(self, request: Request, id: str) -> HttpResponse:
        """Get the picture of a colleague, or of somebody else whom you may see."""
        user: Any = request.user
        return self.picture_of(User.objects.known_by_sight_to(user).by_reference(id).first())


def content_length(request: Request) -> int:
    text = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(text) if text.isascii() and text.isdigit() else 0


def named_fields(body: ProfileBody) -> list[str]:
    """Return the dotted paths of the fields that a JSON body or a form sets."""
    named: Any = body.initial_data
    if isinstance(named, QueryDict):
        return [name for name in named if name.partition(".")[0] in body.fields]
    return field_paths(named, body)
