"""Recorded sittings: what learners were asked, in which order, and what their answers led to.

A sitting is a script that a learner with a fixed clock and fixed chance plays through the pages (`asking`,
`at_once`, `player`). `test_recorded` plays each again, and compares every line with its record. So the way in
which questions are drawn can be rewritten, and any difference is seen.

If a change means to draw other questions, record the sittings anew, and let the commit say why they changed:

    python -m tests.sessions_app.recorded                # all of them
    python -m tests.sessions_app.recorded spaced_days    # those whose names contain this
    python -m tests.sessions_app.recorded --show boards  # print a record
"""
