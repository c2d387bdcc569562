"""Test: a paper of questions, handed in as a whole."""
