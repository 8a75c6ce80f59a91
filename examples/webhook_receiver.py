"""A webhook receiver that believes nothing but the signature. Python's standard library only.

WAYLINE_WEBHOOK_SECRET=whsec_… python webhook_receiver.py 8500
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = os.environ.get("WAYLINE_WEBHOOK_SECRET", "")
TOLERANCE_SECONDS = 300
seen: set[str] = set()


def is_genuine(secret: str, headers, body: bytes, now: float) -> bool:
    """Whether the sender knows the secret and the call is fresh. Several signatures: a key is changing."""
    uid, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{uid}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = "v1," + base64.b64encode(digest).decode()
    return any(hmac.compare_digest(expected, each) for each in headers.get("webhook-signature", "").split())


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), 1_000_000))
        if not is_genuine(SECRET, self.headers, body, time.time()):
            return self.answer(401)
        uid = self.headers["webhook-id"]
        if uid not in seen:  # deliveries arrive at least once: remember the ids, in a database in real life
            seen.add(uid)
            told = json.loads(body)
            print(told["type"], told["data"].get("sentence", ""), flush=True)
        return self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
