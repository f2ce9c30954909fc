"""One's own account over HTTP, and the pictures of those whom one may see."""

from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.schema import ErrorSerializer
from common.api.uploads import (
    PictureField,
    PictureView,
    is_beyond,
    named_fields,
    picture_response,
)
from common.api.views import ApiView
from common.api.viewsets import ApiViewSet
from common.permissions import Can
from common.pictures import MEDIA_TYPE
from common.row_versions import RowVersion
from users.avatars import AVATAR
from users.models import Avatar, User
from users.services.avatars import set_avatar
from warehouses.api.lifecycle_serializers import OpenTasksAnswer
from warehouses.api.people import PEOPLE
from warehouses.api.people_serializers import PersonBody, PersonSerializer
from warehouses.api.staff import shown_tasks
from warehouses.queries import avatar_address
from warehouses.services.profile import change_profile


class AvatarField(PictureField):
    """One's own picture."""

    def present_address(self) -> str | None:
        return avatar_address(self.context["request"].user)


class ProfileBody(PersonBody):
    """What people change of themselves; whatever else the body holds stays as it is."""

    avatar = AvatarField(AVATAR, required=False, allow_null=True)

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
        if is_beyond(request, AVATAR.largest_file):
            raise AVATAR.too_large()
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


@extend_schema(tags=["profile"])
class OwnTasksView(ApiView):
    permissions = {"get": Can.SIGN_IN}

    @extend_schema(responses=OpenTasksAnswer)
    def get(self, request: Request) -> Response:
        """What you have open: begun by you, or handed over to you."""
        user: Any = request.user
        return Response(shown_tasks(user, user))


def picture_of(person: User | None) -> HttpResponse:
    picture = Avatar.objects.filter(user=person).first() if person else None
    if picture is None:
        raise Http404("There is no such picture among those you may see.")
    return picture_response(picture.image, picture.digest)


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
        return picture_of(user)

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
        return picture_of(User.objects.known_by_sight_to(user).by_reference(id).first())
