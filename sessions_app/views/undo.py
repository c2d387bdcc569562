"""The module below holds it all; the next commit divides it."""

from sessions_app.sessions.views.after_answer import *  # noqa: F403
