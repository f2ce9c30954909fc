import factory
from factory.django import DjangoModelFactory

from suppliers.models import Supplier


class SupplierFactory(DjangoModelFactory):
    class Meta:
        model = Supplier

    code = factory.Sequence("SUP{:03d}".format)
    company_name = factory.Sequence("Supplier {}".format)
    email = factory.Sequence("supplier-{}@example.com".format)
