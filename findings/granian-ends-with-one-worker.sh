#!/usr/bin/env bash
# What one would guess: with --respawn-failed-workers, a worker that dies is always started again, and the other workers
#   answer in the meantime.
# What granian 2.8.7 does: if the worker that it restarted last dies again within 5.5 seconds, it takes this for a loop,
#   ends the healthy workers too, and exits. No option sets the 5.5 seconds (--respawn-interval is another pause). If
#   another worker dies within this time, both are restarted. So granian needs a program that starts it again, and a
#   test that kills workers must kill another one each time.
# Seen on Python 3.11: "two workers died, one after the other: the server runs", then "the worker that was restarted
#   last died again: the server ended with 1, and so did the healthy worker"; its log has "Worker crash loop detected,
#   exiting".
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
server=
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check granian==2.8.7
cat > "$folder/app.py" <<'PYTHON'
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})
PYTHON
cd "$folder"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/granian --interface asginl --http 1 --no-ws --workers 2 --respawn-failed-workers --port "$port" app:app > log 2>&1 &
server=$!
python3 - "$server" <<'PYTHON'
import os
import re
import signal
import sys
import time


def workers(*counts: int) -> list[int]:
    """The newest process of each worker, when the workers have been started as often as ``counts`` says."""
    for _ in range(300):
        started = re.findall(r"Started worker-(\d+)\n", open("log").read())
        spawned = dict(re.findall(r"Spawning worker-(\d+) with PID: (\d+)\n", open("log").read()))
        if [started.count(str(number)) for number in (1, 2)] == list(counts):
            return [int(spawned[str(number)]) for number in (1, 2)]
        time.sleep(0.1)
    raise SystemExit(open("log").read())


def is_running() -> bool:
    try:
        with open(f"/proc/{sys.argv[1]}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


os.kill(workers(1, 1)[0], signal.SIGKILL)
os.kill(workers(2, 1)[1], signal.SIGKILL)
first, second = workers(2, 2)
time.sleep(1)
assert is_running(), open("log").read()
print("two workers died, one after the other: the server runs")
restarted = time.monotonic()
# The worker that was restarted last.
os.kill(second, signal.SIGKILL)
for _ in range(100):
    time.sleep(0.1)
    if not is_running():
        break
assert not is_running(), "the server runs"
assert time.monotonic() - restarted < 5.5
assert not os.path.exists(f"/proc/{first}"), "the healthy worker runs"
PYTHON
code=0
wait "$server" || code=$?
server=
echo "the worker that was restarted last died again: the server ended with $code, and so did the healthy worker"
grep "crash loop" log
test "$code" = 1
