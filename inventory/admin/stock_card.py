"""The page of a stock card: the movements of a balance by their days, with what each left."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from common.admin import ScopedAdmin, allows
from common.admin_forms import DayInput
from common.admin_orders import plain
from common.admin_steps import Step, pdf_page
from common.documents.words import money, unit_price
from common.exceptions import DomainError
from common.permissions import Can
from inventory.models.lot import stock_day
from inventory.stock_card import StockCard, stock_card, words_of

SHOWN = 500
USUAL = timedelta(days=90)


class PeriodForm(forms.Form):
    """The days that a card is about; without one, from the beginning or up to now."""

    start_date = forms.DateField(label="From", required=False, widget=DayInput)
    end_date = forms.DateField(label="To", required=False, widget=DayInput)


def show_card(row: Any, acting_user: Any) -> str:
    raise NotImplementedError("has a page of its own")


CARD = Step(
    name="card", title="Stock card", permission=Can.VIEW_STOCK, run=show_card, icon="article"
)


class StockCardMixin(ScopedAdmin):
    """A balance leads to its card."""

    def take_step(self, request: HttpRequest, object_id: str, step: Step) -> HttpResponse:
        if step is CARD:
            return self.card_page(request, object_id)
        return super().take_step(request, object_id, step)

    def card_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the card of some days, at first of the last three months, or give it as PDF."""
        stock = self.get_object(request, object_id)
        if stock is None or not allows(request, CARD.permission):
            raise PermissionDenied
        asked = request.GET if "end_date" in request.GET else None
        form = PeriodForm(asked, initial={"start_date": stock_day() - USUAL})
        days = form.initial if asked is None else form.cleaned_data if form.is_valid() else {}
        card = stock_card(stock, days.get("start_date"), days.get("end_date"))
        if "pdf" in request.GET and form.is_valid():
            return self.card_as_pdf(request, card)
        return self.show_card(request, card, form)

    def card_as_pdf(self, request: HttpRequest, card: StockCard) -> HttpResponse:
        from inventory.documents.stock_card import (  # noqa: PLC0415 - loads the layout engine
            stock_card_pdf,
        )

        try:
            pdf = stock_card_pdf(card)
        except DomainError as error:
            self.tell(request, error)
            return HttpResponseRedirect(f"{request.path}?{urlencode(period_of(card))}")
        return pdf_page(pdf, f"stock-card-{card.stock.variation.sku_code}")

    def show_card(self, request: HttpRequest, card: StockCard, form: PeriodForm) -> HttpResponse:
        movements = list(card.movements[: SHOWN + 1])
        period = urlencode(period_of(card))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Stock card {card.stock}",
            "card": card,
            "form": form,
            "opening": (plain(card.opening.quantity), money(card.opening.value)),
            "closing": (plain(card.closing.quantity), money(card.closing.value)),
            "rows": [row_of(one) for one in movements[:SHOWN]],
            "is_cut": len(movements) > SHOWN,
            "pdf": f"?{period}&pdf=1",
            "csv": f"{reverse('stock-card', args=[card.stock.pk])}?{csv_period(card)}format=csv",
            "back": self.change_address(card.stock.pk),
        }
        return TemplateResponse(request, "admin/stock_card.html", context)


def period_of(card: StockCard) -> dict[str, Any]:
    return {"start_date": card.first or "", "end_date": card.last or ""}


def csv_period(card: StockCard) -> str:
    told = {name: value for name, value in period_of(card).items() if value}
    return f"{urlencode(told)}&" if told else ""


def row_of(movement: Any) -> dict[str, Any]:
    """Return a movement as the page shows it."""
    quantity, occurred = movement.quantity, movement.occurred_at
    return {
        "movement": movement,
        "what": words_of(movement),
        "is_late": movement.recorded_at.date() != occurred.date(),
        "into": plain(quantity) if quantity > 0 else "",
        "out": plain(-quantity) if quantity < 0 else "",
        "left": plain(movement.balance),
        "cost": unit_price(movement.unit_cost),
        "value": money(movement.balance_value),
    }  # fmt: skip
