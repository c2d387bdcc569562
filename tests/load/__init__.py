"""Load tests on their own servers on this machine: too long and too noisy for the test suite."""
