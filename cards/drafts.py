"""Migrations name this module; everything else is in the models."""

from cards.models.import_draft import make_token as make_token
