"""What studying does when cards change."""
