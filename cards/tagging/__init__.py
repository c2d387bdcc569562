"""Tags on cards."""
