"""The study engine. Pure: no Django, no clock, no global randomness; time and randomness are parameters."""
