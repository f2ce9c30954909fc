"""The steps on a person's page: the same services as the API's."""

from typing import Any

from django import forms
from django.db.models import Q
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from common.admin_steps import NotesForm, Step
from common.permissions import Can, Role
from users.models import ApiToken, SignIn, User
from users.services.accounts import sign_out_user, unlock_user
from users.services.avatars import set_avatar
from users.services.invitations import invite_user, open_invitation
from users.services.second_factors import factor_of, remove_second_factor
from warehouses.lifecycle import GIVEN_BY_MANAGERS, is_lawful
from warehouses.lifecycle import Step as Standing
from warehouses.models import Membership, PromotionRequest, Warehouse
from warehouses.open_tasks import open_tasks_of
from warehouses.services import (
    approve_promotion,
    approve_registration,
    demote_manager,
    dismiss_person,
    hand_over_tasks,
    reinstate_person,
    reject_promotion,
    reject_registration,
    request_promotion,
)
from warehouses.services.standing import Departure


class ApprovalForm(NotesForm):
    """What was asked for, to be corrected."""

    role = forms.ChoiceField(choices=User.RoleChoice.choices, widget=UnfoldAdminSelectWidget)
    warehouse = forms.ModelChoiceField(
        Warehouse.objects.filter(is_active=True), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, row: User, posted: Any, user: User) -> None:
        super().__init__(row, posted)
        self.offer_to(user)
        asked = getattr(row, "registration", None)
        self.fields["role"].initial = asked.role if asked else row.role
        self.fields["warehouse"].initial = asked.warehouse_id if asked else None
        if asked and asked.note:
            self.fields["notes"].help_text = f"Written with the registration: {asked.note}"
        self.order_fields(["role", "warehouse", "notes"])

    def offer_to(self, user: User) -> None:
        """Offer managers the roles that they give, and their own warehouses."""
        if not user.can(Can.MANAGE_USERS):
            given = [one for one in User.RoleChoice.choices if one[0] in GIVEN_BY_MANAGERS]
            self.fields["role"].choices = given  # type: ignore[attr-defined]
        own = Warehouse.objects.member(user).filter(is_active=True)
        self.fields["warehouse"].queryset = own  # type: ignore[attr-defined]


class ReturnForm(ApprovalForm):
    """With which role and where somebody comes back."""

    def __init__(self, row: User, posted: Any, user: User) -> None:
        super().__init__(row, posted, user)
        self.fields["role"].initial = row.role
        self.fields["notes"].help_text = ""
        if row.warehouse_memberships.exists():
            self.fields["warehouse"].required = False
            self.fields["warehouse"].initial = None
            self.fields["warehouse"].help_text = "Empty: where they worked before."


class DepartureForm(NotesForm):
    """Who takes over what somebody has open, and the warehouses that they head."""

    successor = forms.ModelChoiceField(
        User.objects.none(), required=False, widget=UnfoldAdminSelectWidget,
        help_text="Has this person's open tasks and heads their warehouses from now on; empty: "
        "nobody does.",
    )  # fmt: skip

    def __init__(self, row: User, posted: Any) -> None:
        super().__init__(row, posted)
        able = colleagues(row)
        if row.managed_warehouses.exists():
            able = able.filter(role=Role.MANAGER)
        self.fields["successor"].queryset = able  # type: ignore[attr-defined]


class HandOverForm(NotesForm):
    """Which open tasks go to whom."""

    to = forms.ModelChoiceField(
        User.objects.none(), widget=UnfoldAdminSelectWidget, label="Who takes over"
    )
    tasks = forms.MultipleChoiceField(
        required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None chosen: all of them.",
    )  # fmt: skip

    def __init__(self, row: User, posted: Any, user: User) -> None:
        """Offer the tasks that this user sees."""
        super().__init__(row, posted)
        self.fields["to"].queryset = colleagues(row)  # type: ignore[attr-defined]
        self.by_name = {
            f"{task.kind} {task.code}": task for task in open_tasks_of(row, seen_by=user)
        }
        choices = [(name, task.title) for name, task in self.by_name.items()]
        self.fields["tasks"].choices = choices  # type: ignore[attr-defined]
        self.order_fields(["to", "tasks", "notes"])

    def clean_tasks(self) -> Any:
        chosen = self.cleaned_data["tasks"]
        return [self.by_name[name].key for name in chosen] if chosen else None


class DemotionForm(DepartureForm):
    notes = forms.CharField(max_length=500, widget=UnfoldAdminTextInputWidget, label="Reason")


class PromotionForm(NotesForm):
    """Where somebody shall become a manager."""

    warehouse = forms.ModelChoiceField(Warehouse.objects.none(), widget=UnfoldAdminSelectWidget)

    def __init__(self, row: User, posted: Any, user: User) -> None:
        """Offer the warehouses where both work."""
        super().__init__(row, posted)
        self.fields["notes"].label = "Reason"
        own = Warehouse.objects.member(user).values("pk")
        places = Warehouse.objects.filter(memberships__user=row, pk__in=own)
        self.fields["warehouse"].queryset = places  # type: ignore[attr-defined]
        self.fields["warehouse"].initial = places.first()


def colleagues(row: User) -> Any:
    """Return who could take over from somebody: active people of their warehouses, and admins."""
    places = row.warehouse_memberships.values("warehouse")
    there = Membership.objects.filter(warehouse__in=places).values("user")
    able = User.objects.active().filter(Q(pk__in=there) | Q(role=Role.ADMIN))
    return able.exclude(pk=row.pk).order_by("username")


def has_factor(row: User) -> bool:
    return factor_of(row) is not None


def take_back_factor(row: User, acting_user: Any) -> str:
    remove_second_factor(user=row, acting_user=acting_user)
    return f"{row} signs in without a code."


def approve(row: User, acting_user: Any, notes: str, role: str, warehouse: Any) -> str:
    user = approve_registration(
        user=row, role=Role(role), warehouse=warehouse, note=notes, acting_user=acting_user
    )
    return f"{user} was let into {warehouse.code} with the role {user.role}."


def reject(row: User, acting_user: Any, notes: str) -> str:
    reject_registration(user=row, note=notes, acting_user=acting_user)
    return f"{row} was turned away."


def dismiss(row: User, acting_user: Any, notes: str, successor: Any) -> str:
    departure = dismiss_person(user=row, note=notes, successor=successor, acting_user=acting_user)
    return f"{row} has no access any more. {left_behind(departure)}"


def hand_over(row: User, acting_user: Any, notes: str, to: User, tasks: Any) -> str:
    given = hand_over_tasks(user=row, to=to, tasks=tasks, note=notes, acting_user=acting_user)
    return f"{to} has from now on: {', '.join(task.title for task in given)}."


def sees_open_tasks(row: User, user: User) -> bool:
    return bool(row.tasks_seen)  # type: ignore[attr-defined]


def reinstate(row: User, acting_user: Any, notes: str, role: str, warehouse: Any) -> str:
    reinstate_person(
        user=row, role=Role(role), warehouse=warehouse, note=notes, acting_user=acting_user
    )
    return f"{row} has access again."


def demote(row: User, acting_user: Any, notes: str, successor: Any) -> str:
    departure = demote_manager(user=row, note=notes, successor=successor, acting_user=acting_user)
    return f"{row} is one of the staff now. {left_behind(departure)}"


def ask_promotion(row: User, acting_user: Any, notes: str, warehouse: Any) -> str:
    request = request_promotion(
        user=row, warehouse=warehouse, reason=notes, acting_user=acting_user
    )
    return f"{request.code} waits for an administrator."


def let_promote(row: User, acting_user: Any, notes: str) -> str:
    approve_promotion(request=open_promotion(row), note=notes, acting_user=acting_user)
    return f"{row} is a manager now."


def refuse_promotion(row: User, acting_user: Any, notes: str) -> str:
    reject_promotion(request=open_promotion(row), note=notes, acting_user=acting_user)
    return f"{row} stays what they are."


def take_picture_away(row: User, acting_user: Any) -> str:
    set_avatar(user=row, image=None, acting_user=acting_user)
    return "The picture is gone."


def unlock(row: User, acting_user: Any) -> str:
    unlock_user(user=row, acting_user=acting_user)
    return f"{row} may sign in again."


def invite_again(row: User, acting_user: Any) -> str:
    invite_user(user=row, acting_user=acting_user)
    return f"A new link is on its way to {row.email}."


def is_invited(row: User) -> bool:
    return row.is_active and open_invitation(row) is not None


def sign_out_everywhere(row: User, acting_user: Any) -> str:
    sign_out_user(user=row, acting_user=acting_user)
    return f"{row} is signed out everywhere, and their API tokens have ended."


def has_access(row: User) -> bool:
    sign_ins, tokens = SignIn.objects.filter(user=row), ApiToken.objects.filter(user=row)
    return sign_ins.in_force().exists() or tokens.in_force().exists()


def is_locked(row: User) -> bool:
    return row.is_locked


def left_behind(departure: Departure) -> str:
    """Say what somebody else has to take over."""
    codes = ", ".join(task.code for task in departure.open_tasks)
    given = ", ".join(task.code for task in departure.handed_over)
    places = ", ".join(departure.without_manager)
    told = [
        f"Handed over: {given}." if given else "",
        f"Left open, to be taken over: {codes}." if codes else "",
        f"Without a manager now: {places}." if places else "",
    ]
    return " ".join(text for text in told if text)


def open_promotions(row: User) -> Any:
    return PromotionRequest.objects.filter(user=row, state=PromotionRequest.State.PENDING)


def open_promotion(row: User) -> PromotionRequest:
    """Return the open request, or the last one, of which the service says that it is decided."""
    return open_promotions(row).first() or row.promotion_requests.order_by("-pk")[0]


def waits_for_promotion(row: User) -> bool:
    return open_promotions(row).exists()


def may_be_promoted(row: User) -> bool:
    return is_lawful(row, Standing.PROMOTE) and not waits_for_promotion(row)


def has_picture(row: User) -> bool:
    return hasattr(row, "avatar")


STEPS = (
    Step(
        name="approve", title="Let in", permission=Can.MANAGE_PEOPLE, run=approve,
        own_form=ApprovalForm, lawful=lambda row: is_lawful(row, Standing.APPROVE),
        icon="person_check",
        explanation="The account opens at once and the person gets a mail.",
    ),
    Step(
        name="reject", title="Turn away", permission=Can.MANAGE_PEOPLE, run=reject,
        form=NotesForm, lawful=lambda row: is_lawful(row, Standing.REJECT), icon="person_cancel",
        is_final=True, explanation="The account stays closed and the person gets a mail.",
    ),
    Step(
        name="ask_promotion", title="Request promotion", permission=Can.MANAGE_PEOPLE,
        run=ask_promotion, own_form=PromotionForm, lawful=may_be_promoted, icon="trending_up",
        explanation="An administrator decides whether this person becomes a manager.",
    ),
    Step(
        name="promote", title="Make a manager", permission=Can.MANAGE_USERS, run=let_promote,
        form=NotesForm, lawful=waits_for_promotion, icon="trending_up",
        explanation="This was asked for. The new rights hold at once.",
    ),
    Step(
        name="refuse_promotion", title="Refuse promotion", permission=Can.MANAGE_USERS,
        run=refuse_promotion, form=NotesForm, lawful=waits_for_promotion, icon="block",
        is_final=True, explanation="Whoever asked for it gets a mail.",
    ),
    Step(
        name="demote", title="Demote", permission=Can.MANAGE_USERS, run=demote, form=DemotionForm,
        lawful=lambda row: is_lawful(row, Standing.DEMOTE), icon="trending_down", is_final=True,
        explanation="A manager becomes one of the staff of the same warehouses.",
    ),
    Step(
        name="dismiss", title="Dismiss", permission=Can.MANAGE_PEOPLE, run=dismiss,
        form=DepartureForm, lawful=lambda row: is_lawful(row, Standing.DISMISS),
        icon="person_off", is_final=True,
        explanation="All access ends at once. What this person did stays in the books.",
    ),
    Step(
        name="hand_over", title="Hand over tasks", permission=Can.MANAGE_PEOPLE, run=hand_over,
        own_form=HandOverForm, is_for=sees_open_tasks, icon="move_item",
        explanation="Documents stay as they are, and who made them. Who takes over is told.",
    ),
    Step(
        name="reinstate", title="Reinstate", permission=Can.MANAGE_USERS, run=reinstate,
        own_form=ReturnForm, lawful=lambda row: is_lawful(row, Standing.REINSTATE),
        icon="person_add", explanation="The account opens again and the person gets a mail.",
    ),
    Step(
        name="unlock", title="Unlock", permission=Can.MANAGE_USERS, run=unlock,
        lawful=is_locked, icon="lock_open",
        explanation="This person may sign in again, with the password as it is.",
    ),
    Step(
        name="invite", title="Invite again", permission=Can.MANAGE_USERS, run=invite_again,
        lawful=is_invited, icon="outgoing_mail",
        explanation="A mail with a new link to choose a password; the links before it end.",
    ),
    Step(
        name="sign_out", title="Sign out everywhere", permission=Can.MANAGE_USERS,
        run=sign_out_everywhere, lawful=has_access, is_aside=True, icon="logout", is_final=True,
        explanation="All sign-ins and API tokens end at once; the account stays as it is.",
    ),
    Step(
        name="take_back_factor", title="Take back the second factor",
        permission=Can.MANAGE_USERS, run=take_back_factor, lawful=has_factor,
        is_aside=True, icon="phonelink_erase", is_final=True,
        explanation="For somebody who lost app and recovery codes: the password alone opens the"
        " account until a new one is set up.",
    ),
    Step(
        name="take_picture_away", title="Remove picture", permission=Can.MANAGE_USERS,
        run=take_picture_away, lawful=has_picture, is_aside=True, icon="no_photography",
        is_final=True,
    ),
)  # fmt: skip
