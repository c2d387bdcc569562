"""Addresses of accounts that django-allauth does not have, or that replace its own."""

from allauth.account import views as allauth_views
from django.urls import path

from studysite.accounts import views

urlpatterns = [
    path("preferences/", views.preferences, name="account_preferences"),
    path("invitation/<slug:token>/", views.invitation, name="account_invitation"),
    path("signup/", views.signup, name="account_signup"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path(
        "password/reset/done/",
        views.needs_mail(allauth_views.password_reset_done),
        name="account_reset_password_done",
    ),
    path(
        "confirm-email/",
        views.needs_mail(allauth_views.email_verification_sent),
        name="account_email_verification_sent",
    ),
]
