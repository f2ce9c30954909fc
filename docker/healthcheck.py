"""Exits with 0 when the server in this container answers a health address with 200.

Without arguments the web server, all of whose parts are looked at; else a port and a path.
"""

import http.client
import os
import sys


def is_healthy(port: int = 8000, path: str = "/api/health/") -> bool:
    """Ask as the TLS proxy does, under a name that the server accepts."""
    names = [name.strip() for name in os.environ.get("ALLOWED_HOSTS", "").split(",")]
    host = next((name.lstrip(".") for name in names if name not in {"", "*"}), "localhost")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=8)
    headers = {"Host": host, "X-Forwarded-Proto": "https"}
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    healthy = is_healthy(int(sys.argv[1]), sys.argv[2]) if sys.argv[1:] else is_healthy()
    sys.exit(0 if healthy else 1)
