"""Load on a server of its own on this machine: too long and too noisy for the tests."""
