"""The page of one's own account in the back office."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from notifications.services import deliver_due_messages
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory
from users.models import Avatar, EmailChange, SignIn, User

pytestmark = pytest.mark.django_db
PAGE, PASSWORD = "/admin/account/", "correct horse battery"


@pytest.fixture
def staff(office):
    return office("staff")


def picture(name="me.png"):
    file = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue(), "image/png")


def profile(client, **changes):
    """Return what a browser posts of the first form, with some fields changed."""
    form = client.get(PAGE).context["profile"]
    shown = {bound.name: bound.value() for bound in form if bound.name != "avatar"}
    posted = {name: value for name, value in shown.items() if value not in (None, False)}
    return {"what": "profile", **posted, **changes}


def errors_of(answer):
    return {name: list(told) for name, told in answer.context["profile"].errors.items()}


def test_the_profile_is_saved_and_nothing_else(staff, place):
    MembershipFactory(user=staff.user, warehouse=place.foreign)

    answer = staff.post(
        PAGE,
        profile(
            staff, first_name="Jo", timezone="Asia/Tokyo", notify_by_email="",
            default_warehouse=place.foreign.pk, role="admin", email="x@example.com",
        ),
        follow=True,
    )  # fmt: skip

    user = User.objects.get(pk=staff.user.pk)
    assert "Your profile is saved." in answer.content.decode()
    assert (user.first_name, user.timezone) == ("Jo", "Asia/Tokyo")
    assert (user.notify_by_email, user.notify_in_app) == (False, True)
    assert (user.role, user.email) == ("staff", staff.user.email)
    assert user.warehouse_memberships.get(is_default=True).warehouse == place.foreign


def test_a_picture_is_put_kept_and_taken_away(staff):
    staff.post(PAGE, profile(staff, avatar=picture()))
    first = Avatar.objects.get(user=staff.user)
    staff.post(PAGE, profile(staff, first_name="Jo"))
    kept = Avatar.objects.get(user=staff.user)
    page = staff.get(PAGE).content.decode()

    staff.post(PAGE, profile(staff, **{"avatar-clear": "on"}))

    assert Image.open(BytesIO(first.image)).format == "WEBP"
    assert (kept.digest, first.digest in page) == (first.digest, True)
    assert not Avatar.objects.filter(user=staff.user).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"phone": "12"}, "phone"),
        ({"first_name": "Jo\u202e"}, "first_name"),
        ({"default_warehouse": "foreign"}, "default_warehouse"),
        ({"avatar": SimpleUploadedFile("me.png", b"<svg/>", "image/png")}, "avatar"),
    ],
)
def test_a_refused_profile_changes_nothing(staff, place, changes, field):
    before = User.objects.values().get(pk=staff.user.pk)
    wanted = {
        name: place.foreign.pk if value == "foreign" else value for name, value in changes.items()
    }

    answer = staff.post(PAGE, profile(staff, department="Yard", **wanted))

    assert (answer.status_code, set(errors_of(answer))) == (200, {field})
    assert User.objects.values().get(pk=staff.user.pk) == before
    assert not Avatar.objects.exists()


def test_an_address_is_asked_for_with_the_password(staff, mailoutbox):
    staff.user.set_password(PASSWORD)
    staff.user.save()
    staff.force_login(staff.user)
    body = {"what": "address", "new_email": "new@example.com", "password": "wrong"}

    refused = staff.post(PAGE, body)
    none = EmailChange.objects.count()
    asked = staff.post(PAGE, {**body, "password": PASSWORD}, follow=True)
    deliver_due_messages()

    assert "not the present password" in str(refused.context["address"].errors["password"])
    assert (none, "A link is on its way" in asked.content.decode()) == (0, True)
    assert [message.to for message in mailoutbox] == [["new@example.com"]]


def test_own_sign_ins_are_shown_and_end_and_nobody_elses(staff):
    ends_at = timezone.now() + timedelta(days=1)
    mine = SignIn.objects.create(user=staff.user, user_agent="My phone", expires_at=ends_at)
    other = SignIn.objects.create(user=UserFactory(), user_agent="Their phone", expires_at=ends_at)
    page = staff.get(PAGE).content.decode()

    for row in (other, mine):
        staff.post(PAGE, {"what": "sign_in", "sign_in": row.pk})

    assert ("My phone" in page, "Their phone" in page) == (True, False)
    in_force = SignIn.objects.in_force()
    assert (other in in_force, mine in in_force) == (True, False)
    assert staff.get(PAGE).status_code == 200


def test_all_other_sign_ins_end_at_once(staff):
    elsewhere = Client()
    elsewhere.force_login(staff.user)

    staff.post(PAGE, {"what": "others"})

    assert staff.get(PAGE).status_code == 200
    assert elsewhere.get(PAGE).status_code == 302


@pytest.mark.parametrize("body", [{"what": "sign_in", "sign_in": "x"}, {"what": "root"}, {}])
def test_nonsense_does_nothing(staff, body):
    before = SignIn.objects.in_force().count()

    assert staff.post(PAGE, body, follow=True).status_code == 200
    assert SignIn.objects.in_force().count() == before


@pytest.mark.parametrize(("role", "status"), [("viewer", 302), ("sales", 302), ("manager", 200)])
def test_the_page_is_for_the_back_office(office, role, status):
    assert office(role).get(PAGE).status_code == status
    assert Client().get(PAGE).status_code == 302


def test_the_menu_leads_there(staff):
    page = staff.get("/admin/").content.decode()

    assert ('href="/admin/account/"' in page, 'href="/admin/password_change/"' in page) == (
        True, True,
    )  # fmt: skip
