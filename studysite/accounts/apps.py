from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "studysite.accounts"
    label = "accounts"
    verbose_name = "People"
