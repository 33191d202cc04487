#!/usr/bin/env python3
"""Holds a daemon to its word: what /api/pitches has told once is stored, and must be there ever after.

stored.py watch FILE: asks again and again until it is ended, and notes each pitch that was told: id, revision, state.
stored.py check FILE: whether all that was noted is there, in that revision and state or a later one.
"""
import http.client
import json
import sys
import time
import urllib.error
import urllib.request

URL = "http://127.0.0.1:8080/api/pitches"
RANK = {"held": 0, "provisional": 0, "final": 1}


def page(query: str) -> dict:
    with urllib.request.urlopen(f"{URL}?{query}", timeout=2) as answer:
        return json.load(answer)


def every_pitch():
    since = "0"
    while since is not None:
        told = page(f"limit=100&since={since}")
        yield from told["pitches"]
        since = told["next"]


def key(pitch: dict) -> tuple:
    return RANK[pitch["state"]], pitch["revision"]


def watch(path: str) -> None:
    told = {}
    with open(path, "a", encoding="utf-8") as notes:
        while True:
            try:
                for pitch in page("limit=50")["pitches"]:
                    if told.get(pitch["id"]) != key(pitch):
                        told[pitch["id"]] = key(pitch)
                        notes.write(json.dumps([pitch["id"], *key(pitch)]) + "\n")
                        notes.flush()
            except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
                pass  # It is being killed.
            time.sleep(0.02)


def check(path: str) -> None:
    noted = {}
    with open(path, encoding="utf-8") as notes:
        for line in notes:
            number, *told = json.loads(line)
            noted[number] = max(noted.get(number, (-1, -1)), tuple(told))
    there = {pitch["id"]: key(pitch) for pitch in every_pitch()}
    lost = [number for number, told in noted.items() if there.get(number, (-1, -1)) < told]
    final = sum(1 for told in noted.values() if told[0] == 1)
    print(f"{len(noted)} pitches had been told as stored, {final} of them final; {len(lost)} of them lost: {lost}")
    sys.exit(1 if lost or not noted else 0)


{"watch": watch, "check": check}[sys.argv[1]](sys.argv[2])
