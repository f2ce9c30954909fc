"""Secrets of authenticator apps are sealed under a key made of SECRET_KEY."""

from django.db import migrations

import common.sealed
from common.sealed import seal, unseal


def seal_secrets(apps, schema_editor):
    SecondFactor = apps.get_model("users", "SecondFactor")
    column = SecondFactor._meta.get_field("secret")
    for factor in SecondFactor.objects.order_by("pk").iterator():
        SecondFactor.objects.filter(pk=factor.pk).update(secret=seal(column, factor.secret))


def open_secrets(apps, schema_editor):
    SecondFactor = apps.get_model("users", "SecondFactor")
    for factor in SecondFactor.objects.order_by("pk").iterator():
        SecondFactor.objects.filter(pk=factor.pk).update(secret=unseal(factor, "secret"))


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0006_groups_and_second_factors'),
    ]

    operations = [
        migrations.AlterField(
            model_name='secondfactor',
            name='secret',
            field=common.sealed.SealedField(help_text='Base 32, as apps take it, sealed.'),
        ),
        migrations.RunPython(seal_secrets, open_secrets),
    ]
