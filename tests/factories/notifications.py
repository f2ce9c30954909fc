import factory
from factory.django import DjangoModelFactory

from notifications.models import Notification, OutboxMessage
from tests.factories.users import UserFactory


class EventFactory(DjangoModelFactory):
    class Meta:
        model = OutboxMessage

    topic = "tests.note"
    channel = OutboxMessage.Channel.EVENT
    payload = factory.Sequence(lambda number: {"number": number})


class MailFactory(DjangoModelFactory):
    class Meta:
        model = OutboxMessage

    topic = "tests.greeting"
    channel = OutboxMessage.Channel.EMAIL
    recipient = factory.SubFactory(UserFactory)
    dedup_key = factory.Sequence("greeting:{}".format)


class NotificationFactory(DjangoModelFactory):
    class Meta:
        model = Notification

    recipient = factory.SubFactory(UserFactory)
    topic = "tests.note"
    title = factory.Sequence("Note {}".format)
