from django.db import models


class Note(models.Model):
    text = models.CharField(max_length=200)
    # A key of another row is checked when the transaction ends.
    about = models.ForeignKey("self", null=True, on_delete=models.CASCADE)
