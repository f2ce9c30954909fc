"""Reading and filling in pages of the admin site."""

from django.urls import reverse


def list_of(model):
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")


def add_to(model):
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_add")


def page_of(row):
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


def step_of(row, name):
    return page_of(row).removesuffix("change/") + f"{name}/"


def deletion_of(row):
    return page_of(row).removesuffix("change/") + "delete/"


def in_zone(client, zone):
    """Return the client of a person who lives by the clock of a time zone."""
    client.user.timezone = zone
    client.user.save(update_fields=["timezone"])
    return client


def filled(client, address, **changes):
    """Return what a browser would post from a page, with some fields changed."""
    context = client.get(address).context
    posted = values_of(context["adminform"].form)
    for inline in context["inline_admin_formsets"]:
        posted |= values_of(inline.formset.management_form)
        for form in inline.formset.forms:
            posted |= values_of(form)
    posted["_version"] = context["version"]
    return {**posted, **changes}


def values_of(form):
    posted = {}
    for bound in form:
        value = bound.value()
        if hasattr(bound.field.widget, "decompress"):
            parts = bound.field.widget.decompress(value)
            names = [f"{bound.html_name}_{number}" for number in range(len(parts))]
            texts = [
                "" if part is None else part.strftime(shape)
                for part, shape in zip(parts, ("%Y-%m-%d", "%H:%M:%S"), strict=True)
            ]
            posted |= dict(zip(names, texts, strict=True))
        elif isinstance(value, list) and bound.field.__class__.__name__ == "SimpleArrayField":
            posted[bound.html_name] = ",".join(value)
        elif value is not None and value is not False:
            posted[bound.html_name] = value
    return posted


def lines(prefix, *rows, initial=0):
    """Return what a browser posts of inline rows."""
    posted = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        posted |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return posted


def errors_of(answer):
    """Return all that a page complains of, in the form, in its rows and on top."""
    context = answer.context
    told = [str(message) for message in context.get("messages", ())]
    if "adminform" in context:
        told += [text for texts in context["adminform"].form.errors.values() for text in texts]
        for inline in context["inline_admin_formsets"]:
            told += inline.formset.non_form_errors()
            for errors in inline.formset.errors:
                told += [text for texts in errors.values() for text in texts]
    return " ".join(told)


def buttons(client, row):
    """Return the names of the steps that a page offers."""
    shown = client.get(page_of(row)).context["actions_detail"]
    actions = [one for action in shown for one in action.get("items", [action])]
    return {action["path"].rstrip("/").rpartition("/")[2] for action in actions}
