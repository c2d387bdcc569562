"""The texts of cards. Pure: no Django, no database."""
