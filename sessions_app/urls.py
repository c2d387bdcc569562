"""Addresses of studying."""

urlpatterns: list = []
