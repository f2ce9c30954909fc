import factory
from factory.django import DjangoModelFactory

from tests.factories.users import UserFactory
from warehouses.models import Membership, Warehouse


class WarehouseFactory(DjangoModelFactory):
    class Meta:
        model = Warehouse

    code = factory.Sequence("WH{:03d}".format)
    name = factory.Sequence("Warehouse {}".format)


class MembershipFactory(DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    warehouse = factory.SubFactory(WarehouseFactory)
