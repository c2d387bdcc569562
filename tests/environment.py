"""The environment that the tests' settings are read from; loaded as a plugin, before Django."""

import os
import tempfile
from pathlib import Path

for name in ("DEBUG", "SITE_URL", "EXTRA_HOSTS", "TRUSTED_PROXIES", "EMAIL_URL", "SIGNUP", "PORT"):
    os.environ.pop(name, None)
os.environ["SECRET_KEY"] = "tests-only-" + "0123456789" * 4
os.environ["SQLITE_SYNC"] = "OFF"
os.environ["DATA_DIR"] = os.environ.get("TEST_DATA_DIR") or str(Path(tempfile.gettempdir()) / f"studysite-tests-{os.getuid()}")
Path(os.environ["DATA_DIR"]).mkdir(parents=True, exist_ok=True)
