#!/usr/bin/env python3
"""A tablet: follows /api/live over restarts of the daemon, by the sequence number of the last message that it has.

live.py FILE: until it is ended; writes a line of JSON a connection: since, what came first, whether all that came rose by
one, and the ids of the pitches that it has seen so far.
"""
import base64
import json
import os
import socket
import sys
import time

ADDRESS = ("127.0.0.1", 8080)


class Closed(Exception):
    """The connection is over."""


def exactly(stream, count: int) -> bytes:
    data = stream.read(count)
    if data is None or len(data) < count:
        raise Closed
    return data


def messages(since):
    """Texts of a WebSocket connection (RFC 6455)."""
    with socket.create_connection(ADDRESS, timeout=30) as connection:
        key = base64.b64encode(os.urandom(16)).decode()
        path = "/api/live" if since is None else f"/api/live?since={since}"
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        stream = connection.makefile("rb")
        if b" 101 " not in stream.readline():
            raise Closed
        while stream.readline() not in (b"\r\n", b""):
            pass
        while True:
            head = exactly(stream, 2)
            size = head[1] & 127
            if size == 126:
                size = int.from_bytes(exactly(stream, 2), "big")
            elif size == 127:
                size = int.from_bytes(exactly(stream, 8), "big")
            body, kind = exactly(stream, size), head[0] & 15
            if kind == 1:
                yield json.loads(body)
            elif kind == 9:
                connection.sendall(bytes([0x8A, 0x80 | len(body)]) + b"\0\0\0\0" + body)
            elif kind == 8:
                raise Closed


def main() -> None:
    last, seen = None, set()
    while True:
        connection = {"since": last, "first": None, "in_order": True}
        try:
            for message in messages(last):
                if connection["first"] is None:
                    connection["first"] = message["type"]
                elif message["seq"] != last + 1:
                    connection["in_order"] = False
                if last is not None and message["seq"] <= last:
                    connection["in_order"] = False
                last = message["seq"]
                if message["type"] == "snapshot":
                    seen.update(pitch["id"] for pitch in message["data"]["pitches"])
                elif message["type"] == "pitch":
                    seen.add(message["data"]["id"])
                with open(sys.argv[1] + ".now", "w", encoding="utf-8") as now:
                    json.dump({**connection, "seen": sorted(seen)}, now)
        except (Closed, OSError):
            pass
        if connection["first"] is not None:
            with open(sys.argv[1], "a", encoding="utf-8") as notes:
                notes.write(json.dumps(connection) + "\n")
        time.sleep(0.05)


main()
