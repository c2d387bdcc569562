#!/usr/bin/env bash
# What one would guess: if an ASGI application sends a long response to a client that has disconnected, `send` raises an
#   OSError. ASGI says so since its version 2.4.
# What granian 2.8.7 does (it announces 2.3): `send` returns at once without an error and accepts everything, so the
#   application reads its whole file although no client receives it. Only `receive` reports the end: it returns
#   http.disconnect. (If a client stays connected and reads nothing, `send` waits.)
# Seen on Python 3.11: all of 4,000 pieces of 32 kB were "sent", and http.disconnect came after some of them.
# Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
server=
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check granian==2.8.7
cat > "$folder/app.py" <<'PYTHON'
import asyncio

PIECES = 4000


async def app(scope, receive, send):
    await receive()
    gone = asyncio.ensure_future(receive())
    await send({"type": "http.response.start", "status": 200, "headers": []})
    event = None
    for number in range(PIECES):
        await send({"type": "http.response.body", "body": bytes(32768), "more_body": True})
        await asyncio.sleep(0)
        if event is None and gone.done():
            event = gone.result()["type"], number
    with open("seen", "w") as file:
        print(PIECES, *(event or ("nothing", -1)), file=file)
PYTHON
cd "$folder"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/bin/granian --interface asginl --http 1 --no-ws --no-log --port "$port" app:app &
server=$!
python3 - "$port" <<'PYTHON'
import pathlib
import socket
import sys
import time

for _ in range(100):
    try:
        client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        break
    except OSError:
        time.sleep(0.1)
client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
client.recv(1000)
client.close()
for _ in range(300):
    time.sleep(0.1)
    if pathlib.Path("seen").exists() and (seen := pathlib.Path("seen").read_text()).endswith("\n"):
        break
count, event, number = seen.split()
print(f"{count} pieces sent; receive returned {event} after {number}")
assert (int(count), event) == (4000, "http.disconnect") and int(number) < 4000, seen
PYTHON
