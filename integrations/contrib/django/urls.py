"""Where webhooks come in: ``path("webhooks/", include("integrations.contrib.django.urls"))``.

The URL to give to a vendor is then ``https://your.site/webhooks/stripe/``.
"""

from django.urls import path

from integrations.contrib.django.views import receive

app_name = "integrations"
urlpatterns = [
    path("<slug:provider>/", receive, name="webhook"),
    # A redirect to the slash would lose the body.
    path("<slug:provider>", receive),
]
