from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('journeys', '0013_seats'),
    ]

    operations = [
        migrations.AddField(
            model_name='journey',
            name='perspective',
            field=models.CharField(choices=[('customer', 'A customer'), ('employee', 'An employee who serves')], default='customer', max_length=10),
        ),
    ]
