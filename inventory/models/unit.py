"""In what goods are counted, and how finely."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from common.audit import audited
from common.references import ReferenceQuerySet


@audited()
class UnitOfMeasure(models.Model):
    """A stock unit: pieces are whole, kilograms have three decimals."""

    code_field = "pk"

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=50)
    decimals = models.PositiveSmallIntegerField(
        default=0, help_text="How many decimals a quantity may have, 0 to 3."
    )
    aliases = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="Other names under which it is understood.",
    )

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = "unit"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decimals__gte=0, decimals__lte=3), name="unit_decimals_in_range"
            ),
        ]

    def __str__(self) -> str:
        return self.code
