"""The steps on a person's page: the same services as the API's."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from common.admin_steps import NotesForm, Step
from common.permissions import Can, Role
from users.models import User
from users.services.accounts import unlock_user
from users.services.avatars import set_avatar
from users.services.second_factors import factor_of, remove_second_factor
from warehouses.lifecycle import Step as Standing
from warehouses.lifecycle import is_lawful
from warehouses.models import PromotionRequest, Warehouse
from warehouses.services import (
    approve_promotion,
    approve_registration,
    demote_manager,
    dismiss_person,
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

    def __init__(self, row: User, posted: Any) -> None:
        super().__init__(row, posted)
        asked = getattr(row, "registration", None)
        self.fields["role"].initial = asked.role if asked else row.role
        self.fields["warehouse"].initial = asked.warehouse_id if asked else None


class DepartureForm(NotesForm):
    """Who takes over the warehouses that somebody heads."""

    successor = forms.ModelChoiceField(
        User.objects.none(), required=False, widget=UnfoldAdminSelectWidget,
        help_text="Heads this person's warehouses from now on; empty: nobody does.",
    )  # fmt: skip

    def __init__(self, row: User, posted: Any) -> None:
        super().__init__(row, posted)
        places = row.warehouse_memberships.values("warehouse")
        able = User.objects.active().filter(
            role=Role.MANAGER, warehouse_memberships__warehouse__in=places
        )
        self.fields["successor"].queryset = able.exclude(pk=row.pk).distinct()  # type: ignore[attr-defined]


class DemotionForm(DepartureForm):
    notes = forms.CharField(max_length=500, widget=UnfoldAdminTextInputWidget, label="Reason")


class PromotionForm(NotesForm):
    """Where somebody shall become a manager."""

    warehouse = forms.ModelChoiceField(Warehouse.objects.none(), widget=UnfoldAdminSelectWidget)

    def __init__(self, row: User, posted: Any) -> None:
        super().__init__(row, posted)
        self.fields["notes"].label = "Reason"
        places = Warehouse.objects.filter(memberships__user=row)
        self.fields["warehouse"].queryset = places  # type: ignore[attr-defined]
        self.fields["warehouse"].initial = places.first()


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


def reinstate(row: User, acting_user: Any, notes: str) -> str:
    reinstate_person(user=row, note=notes, acting_user=acting_user)
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


def is_locked(row: User) -> bool:
    return row.is_locked


def left_behind(departure: Departure) -> str:
    """Say what somebody else has to take over."""
    codes = ", ".join(task.code for task in departure.open_tasks)
    places = ", ".join(departure.without_manager)
    told = [
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
        form=ApprovalForm, lawful=lambda row: is_lawful(row, Standing.APPROVE), icon="person_check",
        explanation="The account opens at once and the person gets a mail.",
    ),
    Step(
        name="reject", title="Turn away", permission=Can.MANAGE_PEOPLE, run=reject,
        form=NotesForm, lawful=lambda row: is_lawful(row, Standing.REJECT), icon="person_cancel",
        is_final=True, explanation="The account stays closed and the person gets a mail.",
    ),
    Step(
        name="ask_promotion", title="Request promotion", permission=Can.MANAGE_PEOPLE,
        run=ask_promotion, form=PromotionForm, lawful=may_be_promoted, icon="trending_up",
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
        name="reinstate", title="Reinstate", permission=Can.MANAGE_USERS, run=reinstate,
        form=NotesForm, lawful=lambda row: is_lawful(row, Standing.REINSTATE),
        icon="person_add", explanation="With the role and the warehouses that they had.",
    ),
    Step(
        name="unlock", title="Unlock", permission=Can.MANAGE_USERS, run=unlock,
        lawful=is_locked, icon="lock_open",
        explanation="This person may sign in again, with the password as it is.",
    ),
    Step(
        name="take_back_factor", title="Take back the second factor",
        permission=Can.MANAGE_USERS, run=take_back_factor, lawful=has_factor,
        icon="phonelink_erase", is_final=True,
        explanation="For somebody who lost app and recovery codes: the password alone opens the"
        " account until a new one is set up.",
    ),
    Step(
        name="take_picture_away", title="Remove picture", permission=Can.MANAGE_USERS,
        run=take_picture_away, lawful=has_picture, icon="no_photography", is_final=True,
    ),
)  # fmt: skip
