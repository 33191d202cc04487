#!/usr/bin/env python3
"""An independent sender: one mound's cameras, mark feed and spin device, as a test peer over UDP.

Written from the published documents alone (wire protocol version 1, the venue file's header, the physics of
pitches) and from none of the project's code, so that a misreading on either side shows up as a disagreement.
Python 3.11, standard library only.

    sender.py --venue busch_iii.toml --to 127.0.0.1:7117 --pitches 50 --seed 1 --truth truth.jsonl
    sender.py --venue busch_iii.toml --to 127.0.0.1:7117 --statcast busch.csv --speed 10
    sender.py --dry --vectors protocol-vectors.json

The whole evening is computed first. Then "ready" is printed, the truth file is complete, and the send loop only
sleeps and sends. Event time starts at the system's UTC time when sending begins and runs --speed times as fast.

Conventions chosen where the documents leave room:
- A camera's queue is first in, first out, so jitter holds frames up and never lets a HEALTH overtake a BALL.
- --stragglers frames leave that order and come 0.1 to 9 s (event time) later; --loss and --doubles take datagrams.
- The ball is visible from release until it is caught, 2 ft behind the plate's back tip.
- Marks and spin lag like cameras do. `pitcher on mound` comes when the pitcher changes, with pitch number 0.
- SPIN axes are in the field's frame on every mound, flights and truth in the mound's own.
"""
import argparse
import csv
import gc
import json
import math
import random
import socket
import struct
import sys
import time
import tomllib

BALL, FIDUCIAL, SPIN, POSE, MARK, HEALTH = 1, 2, 3, 4, 5, 6
ON_MOUND, RELEASED, ENDED = 1, 2, 3
SPIN_SOURCE, MARK_SOURCE = 40, 48
DATAGRAM_MAX = 1472
HEALTH_PERIOD_NS = 95_000_000  # a little more often than the 10 a second that are due
TICK_NS = 1_000_000            # wall time; frames of one device due within a tick share a datagram
LEAD_S, TAIL_S = 8.0, 14.0     # heartbeats before the first release, and after the last (7 s make it final)
PLATE_Y, CAUGHT_Y, RUBBER_Y = 17 / 12, -2.0, 60.5
MPH = 1.466667                 # ft/s
G = 32.174
BALL_DIAMETER_FT = 9.125 / math.pi / 12
K_DRAG = 5.381e-3 * 1.1739 / 1.2  # standard conditions at Busch


# --- the wire -------------------------------------------------------------------------------------------------

def _crc_table():
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
        table.append(i)
    return table


CRC_TABLE = _crc_table()
HEADER = struct.Struct("<HBBBBHIIQ")


def crc32c(data):
    """CRC-32C (Castagnoli, reflected), one byte at a time."""
    crc, table = 0xFFFFFFFF, CRC_TABLE
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def frame(kind, source, seq, event_ns, payload, flags=0, key=None):
    """One whole frame; with `key` it carries the authentication tag."""
    if key:
        flags |= 1
    data = HEADER.pack(0x4750, 1, kind, source, flags, len(payload), seq & 0xFFFFFFFF, 0, event_ns) + payload
    if key:
        data += blake3_keyed_16(key, data)
    return data + crc32c(data).to_bytes(4, "little")


def blake3_keyed_16(key, data):
    """First 16 bytes of BLAKE3's keyed hash of at most 64 bytes: one block, enough for the test vectors."""
    assert len(data) <= 64
    iv = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A]
    m = list(struct.unpack("<16I", data.ljust(64, b"\0")))
    v = [*struct.unpack("<8I", key), *iv, 0, 0, len(data), 1 | 2 | 8 | 16]  # chunk start, end, root, keyed

    def mix(a, b, c, d, x, y):
        for word, r1, r2 in ((x, 16, 12), (y, 8, 7)):
            v[a] = v[a] + v[b] + word & 0xFFFFFFFF
            t = v[d] ^ v[a]
            v[d] = (t >> r1 | t << 32 - r1) & 0xFFFFFFFF
            v[c] = v[c] + v[d] & 0xFFFFFFFF
            t = v[b] ^ v[c]
            v[b] = (t >> r2 | t << 32 - r2) & 0xFFFFFFFF

    for _ in range(7):
        for i in range(4):
            mix(i, 4 + i, 8 + i, 12 + i, m[2 * i], m[2 * i + 1])
        for i in range(4):
            mix(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m[8 + 2 * i], m[9 + 2 * i])
        m = [m[i] for i in (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)]
    return struct.pack("<4I", *(v[i] ^ v[i + 8] for i in range(4)))


def payload_of(kind, f):
    """The payload of `kind` from named fields; missing reserved bytes are zero."""
    if kind == BALL:
        return struct.pack("<4f", f["u"], f["v"], f["sigma"], f["diameter"])
    if kind == FIDUCIAL:
        return struct.pack("<HH3f", f["landmark"], 0, f["u"], f["v"], f["sigma"])
    if kind == SPIN:
        return struct.pack("<5f", f["rate_rpm"], *f["axis"], f["confidence"])
    if kind == POSE:
        joints = b"".join(struct.pack("<BBhhh", *joint) for joint in f["joints"])
        return struct.pack("<BBH", len(f["joints"]), f.get("mound", 0), 0) + joints
    if kind == MARK:
        return struct.pack("<BBHHHII4s", f["what"], f["mound"], f["at_bat_number"], f["pitch_number"], 0,
                           f["game_pk"], f["pitcher"], f["pitch_type"].encode("ascii"))
    if kind == HEALTH:
        return struct.pack("<hHIiI", round(f["temperature_c"] * 100), round(f["vibration_g"] * 1000),
                           f["dropped"], f["clock_offset_ns"], f["exposure_ns"])
    raise ValueError(f"kind {kind}")


def check_vectors(path):
    """Encode the good vectors and compare. Returns how many differ."""
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    wrong = 0
    for v in vectors["good"]:
        key = bytes.fromhex(vectors["auth_key"]) if v["flags"] & 1 else None
        made = frame(v["kind"], v["source"], v["seq"], v["event_time_ns"], payload_of(v["kind"], v["fields"]),
                     v["flags"], key).hex()
        wrong += made != v["frame"]
        print(f"{v['name']}: {'same' if made == v['frame'] else f'DIFFERS: {made}'}")
    print(f"{len(vectors['good'])} vectors, {wrong} differ")
    return wrong


# --- flights, in the mound's own frame, t = 0 at release -------------------------------------------------------

class ConstantAcceleration:
    """The 9-parameter flight: position p0 and velocity v0 at y = 50 ft, acceleration a."""

    def __init__(self, p0, v0, a, release_y):
        self.p0, self.v0, self.a = p0, v0, a
        self.release = self._time_at(release_y)
        self.plate = self._time_at(PLATE_Y) - self.release
        self.end = self._time_at(CAUGHT_Y) - self.release

    def _time_at(self, y):
        vy, ay, dy = self.v0[1], self.a[1], self.p0[1] - y
        return 2 * dy / (-vy + math.sqrt(vy * vy - 2 * ay * dy))  # the root of the 9P formula, safe at ay = 0

    def position(self, t):
        t += self.release
        return [p + t * (v + 0.5 * t * a) for p, v, a in zip(self.p0, self.v0, self.a)]

    def velocity(self, t):
        return [v + (t + self.release) * a for v, a in zip(self.v0, self.a)]


class DragAndMagnus:
    """Gravity, drag and Magnus force in still air, by RK4 in steps of 1 ms, cubic between them."""
    STEP = 1e-3

    def __init__(self, p, v, omega, cd):
        """`omega` in rad/s."""
        self.omega_norm = math.hypot(*omega)
        self.axis = [w / self.omega_norm for w in omega]
        self.cd = cd
        self.nodes = [(list(p), list(v))]
        while self.nodes[-1][0][1] > CAUGHT_Y - 1:
            self.nodes.append(self._step(*self.nodes[-1]))
        self.plate, self.end = self._time_at(PLATE_Y), self._time_at(CAUGHT_Y)

    def _acceleration(self, v):
        speed = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
        s = BALL_DIAMETER_FT / 2 * self.omega_norm / speed
        drag = -K_DRAG * self.cd * speed
        lift = K_DRAG * 1.120 * s / (0.583 + 2.333 * s) * speed  # times |u|·û = v
        wx, wy, wz = self.axis
        return [drag * v[0] + lift * (wy * v[2] - wz * v[1]),
                drag * v[1] + lift * (wz * v[0] - wx * v[2]),
                drag * v[2] + lift * (wx * v[1] - wy * v[0]) - G]

    def _step(self, p, v):
        h = self.STEP
        a1 = self._acceleration(v)
        v2 = [x + h / 2 * a for x, a in zip(v, a1)]
        a2 = self._acceleration(v2)
        v3 = [x + h / 2 * a for x, a in zip(v, a2)]
        a3 = self._acceleration(v3)
        v4 = [x + h * a for x, a in zip(v, a3)]
        a4 = self._acceleration(v4)
        return ([x + h / 6 * (a + 2 * b + 2 * c + d) for x, a, b, c, d in zip(p, v, v2, v3, v4)],
                [x + h / 6 * (a + 2 * b + 2 * c + d) for x, a, b, c, d in zip(v, a1, a2, a3, a4)])

    def _time_at(self, y):
        low, high = 0.0, (len(self.nodes) - 1) * self.STEP
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if self.position(middle)[1] > y else (low, middle)
        return low

    def position(self, t):
        h = self.STEP
        i = min(int(t / h), len(self.nodes) - 2)
        (p, v), (q, w) = self.nodes[i], self.nodes[i + 1]
        s = t / h - i
        b, c, d = h * s * (1 - s) ** 2, s * s * (3 - 2 * s), h * s * s * (s - 1)
        return [x + b * vx + c * (y - x) + d * wx for x, vx, y, wx in zip(p, v, q, w)]

    def velocity(self, t):
        i = min(int(t / self.STEP), len(self.nodes) - 2)
        s = t / self.STEP - i
        return [v + s * (w - v) for v, w in zip(self.nodes[i][1], self.nodes[i + 1][1])]


def statcast_pitches(path, limit):
    """The complete rows of a Statcast CSV in the game's order: (flight, what the marks say, spin or None).

    The CSV gives velocity and acceleration at y0 = 50 ft in full but no position there. x0 and z0 come from
    plate_x/plate_z: these and release_pos_x/z are rounded to 0.01 ft alike, but the plate's y is 17/12 ft
    exactly, while the release's y is a rounded column of its own; and the plate is what is judged by the inch.
    The release plane is release_pos_y (0.01 ft), or 60.5 − release_extension (0.1 ft) where that is missing.
    """
    def number(row, name):
        try:
            return float(row.get(name) or "nan")
        except ValueError:
            return math.nan

    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    ids = ("game_pk", "at_bat_number", "pitch_number", "pitcher")
    needed = ("vx0", "vy0", "vz0", "ax", "ay", "az", "plate_x", "plate_z", *ids)
    rows = [r for r in rows if all(math.isfinite(number(r, n)) for n in needed)]
    rows.sort(key=lambda r: [number(r, n) for n in ids[:3]])
    pitches = []
    for r in rows:
        release_y = number(r, "release_pos_y")
        if not math.isfinite(release_y):
            release_y = RUBBER_Y - number(r, "release_extension")
        if not math.isfinite(release_y):
            continue
        v = [number(r, n) for n in ("vx0", "vy0", "vz0")]
        a = [number(r, n) for n in ("ax", "ay", "az")]
        p = ConstantAcceleration([0, 50.0, 0], v, a, release_y)
        x, _, z = p.position(p.plate)
        p.p0 = [number(r, "plate_x") - x, 50.0, number(r, "plate_z") - z]
        about = {n: int(number(r, n)) for n in ids} | {"pitch_type": (r.get("pitch_type") or "")[:4]}
        rate, axis = number(r, "release_spin_rate"), math.radians(number(r, "spin_axis"))
        known = math.isfinite(rate) and math.isfinite(axis)
        pitches.append((p, about, (rate, [math.cos(axis), 0.0, math.sin(axis)]) if known else None))
    return pitches[:limit]


# type: share, mph, rpm, spin_axis in degrees, active share of the spin
REPERTOIRE = {"FF": (40, 94.5, 2300, 208, 0.95), "SI": (15, 93.5, 2150, 225, 0.92), "SL": (20, 85.5, 2400, 80, 0.35),
              "CU": (10, 79.0, 2550, 40, 0.70), "CH": (15, 86.0, 1750, 235, 0.90)}


def drag_pitches(rng, count):
    """Right-handed pitches with drag and spin, aimed at the zone."""
    pitches, names = [], list(REPERTOIRE)
    for i in range(count):
        name = rng.choices(names, [REPERTOIRE[n][0] for n in names])[0]
        _, mph, rpm, axis_deg, active = REPERTOIRE[name]
        speed = rng.gauss(mph, 0.9) * MPH
        rate, axis_deg = rng.gauss(rpm, 70), math.radians(rng.gauss(axis_deg, 5))
        axis = [active * math.cos(axis_deg), math.sqrt(1 - active ** 2), active * math.sin(axis_deg)]
        omega = [rate * 2 * math.pi / 60 * w for w in axis]
        cd = rng.gauss(0.33, 0.015)
        start = [rng.gauss(-1.9, 0.1), RUBBER_Y - rng.gauss(6.4, 0.15), rng.gauss(5.9, 0.1)]
        goal = [min(max(rng.gauss(0, 0.6), -2), 2), min(max(rng.gauss(2.5, 0.6), 0.8), 4.5)]
        aim = [goal[0], PLATE_Y, goal[1] + 2]
        for _ in range(3):  # each round shrinks the miss about a hundredfold
            way = [b - a for a, b in zip(start, aim)]
            flight = DragAndMagnus(start, [speed * w / math.hypot(*way) for w in way], omega, cd)
            x, _, z = flight.position(flight.plate)
            aim = [aim[0] + goal[0] - x, PLATE_Y, aim[2] + goal[1] - z]
        about = {"game_pk": 900001, "at_bat_number": i // 4 + 1, "pitch_number": i % 4 + 1, "pitcher": 600001,
                 "pitch_type": name}
        pitches.append((flight, about, (rate, axis)))
    return pitches


# --- what the cameras see ---------------------------------------------------------------------------------------

class Camera:
    """A camera of the venue file with a random phase of its exposures."""

    def __init__(self, entry, rng):
        self.id, self.fps = entry["id"], entry["fps"]
        self.width, self.height = entry["image_px"]
        self.place, self.focal = entry["position_ft"], entry["focal_px"]
        self.cx, self.cy = entry["principal_px"]
        self.distortion = entry["distortion"]
        w, x, y, z = entry["rotation"]
        self.rotation = ((1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
                         (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
                         (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)))
        corner = math.hypot(max(self.cx, self.width - self.cx), max(self.cy, self.height - self.cy))
        self.r2_max = (corner / self.focal) ** 2
        self.phase_ns = rng.randrange(10 ** 9 // self.fps)

    def see(self, point):
        """(u, v, diameter) in pixels of a ball at `point` of the field frame, or None where it is not seen."""
        dx, dy, dz = (a - b for a, b in zip(point, self.place))
        x, y, depth = (r[0] * dx + r[1] * dy + r[2] * dz for r in self.rotation)
        if depth <= 0 or self.focal * BALL_DIAMETER_FT < 4 * depth:
            return None
        x, y = x / depth, y / depth
        r2 = x * x + y * y
        if r2 > self.r2_max:  # far outside, the distortion polynomial may fold back into the image
            return None
        k1, k2, p1, p2, k3 = self.distortion
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        u = self.focal * (x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)) + self.cx
        v = self.focal * (y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y) + self.cy
        if not (0 <= u < self.width and 0 <= v < self.height):
            return None
        return u, v, self.focal * BALL_DIAMETER_FT / depth

    def exposures(self, start_ns, end_ns):
        """Exposure times from start to end, in whole nanoseconds of relative event time."""
        k = -((self.phase_ns - start_ns) * self.fps // 10 ** 9)
        while (t := self.phase_ns + k * 10 ** 9 // self.fps) <= end_ns:
            if t >= start_ns:
                yield t
            k += 1


def evening(args, rng):
    """Everything that is said, per source: [(relative event ns, kind, payload)], and the truth of each pitch."""
    with open(args.venue, "rb") as file:
        venue = tomllib.load(file)
    mound = next((m for m in venue["mound"] if m["id"] == args.mound), None)
    if mound is None:
        sys.exit(f"{args.venue} has no mound {args.mound}")
    cameras = [Camera(c, rng) for c in venue["camera"] if c["id"] in mound["cameras"]]
    turn, plate = math.radians(mound["heading_deg"]), mound["plate_ft"]

    def turned(p):  # the mound's frame into the field's, counterclockwise from above
        return [p[0] * math.cos(turn) - p[1] * math.sin(turn), p[0] * math.sin(turn) + p[1] * math.cos(turn), p[2]]

    pitches = statcast_pitches(args.statcast, args.pitches) if args.statcast else drag_pitches(rng, args.pitches or 20)
    said = {c.id: [] for c in cameras} | {SPIN_SOURCE: [], MARK_SOURCE: []}
    truth, pitcher = [], None

    def mark(t, what, about):
        said[MARK_SOURCE].append((t, MARK, payload_of(MARK, about | {"what": what, "mound": args.mound})))

    ball = struct.Struct("<4f").pack
    for i, (flight, about, spin) in enumerate(pitches):
        # a few ms at random, lest every pitch meet the exposures in the same phase
        release = round((LEAD_S + i * args.pace + rng.uniform(0, 0.02)) * 1e9)
        if about["pitcher"] != pitcher:
            pitcher = about["pitcher"]
            mark(release - round(args.pace / 3 * 1e9), ON_MOUND, about | {"pitch_number": 0, "pitch_type": ""})
        mark(release, RELEASED, about)
        mark(release + round(flight.end * 1e9), ENDED, about)
        if spin:
            fields = {"rate_rpm": spin[0], "axis": turned(spin[1]), "confidence": 0.9}
            said[SPIN_SOURCE].append((release, SPIN, payload_of(SPIN, fields)))
        for camera in cameras:
            common_u, common_v = rng.gauss(0, args.common), rng.gauss(0, args.common)
            for t in camera.exposures(release, release + int(flight.end * 1e9)):
                point = [a + b for a, b in zip(plate, turned(flight.position((t - release) * 1e-9)))]
                if seen := camera.see(point):
                    u, v, diameter = seen
                    said[camera.id].append((t, BALL, ball(u + common_u + rng.gauss(0, args.white),
                                                          v + common_v + rng.gauss(0, args.white), args.white,
                                                          diameter + rng.gauss(0, args.white))))
        at_release, at_plate = flight.position(0), flight.position(flight.plate)
        truth.append({"release_ns": release, "release_speed": math.hypot(*flight.velocity(0)) / MPH,
                      **{f"release_pos_{n}": x for n, x in zip("xyz", at_release)},
                      "plate_x": at_plate[0], "plate_z": at_plate[2], **about})

    end = round((LEAD_S + (len(pitches) - 1) * args.pace + TAIL_S) * 1e9)
    for camera in cameras:
        health = {"temperature_c": rng.uniform(24, 36), "vibration_g": rng.uniform(0.01, 0.05), "dropped": 0,
                  "exposure_ns": 500_000}
        for t in range(rng.randrange(HEALTH_PERIOD_NS), end, HEALTH_PERIOD_NS):
            fields = health | {"clock_offset_ns": round(rng.gauss(0, 800))}
            said[camera.id].append((t, HEALTH, payload_of(HEALTH, fields)))
    return said, truth


def schedule(said, args, rng):
    """Frames in the order of their sending: (tick of wall time, source, seq, relative event ns, kind, payload)."""
    frames, (low, high) = [], args.lag
    for number, (source, items) in enumerate(said.items()):
        # the first source always wraps soon; the others start anywhere
        seq = 2 ** 32 - 200 if number == 0 else rng.randrange(2 ** 32)
        period, angle = rng.uniform(90, 240), rng.uniform(0, 2 * math.pi)
        previous = 0.0
        for t, kind, payload in sorted(items):
            lag = low + (high - low) * (0.5 + 0.5 * math.sin(2 * math.pi * t * 1e-9 / period + angle))
            due = previous = max(previous, t * 1e-9 + lag + rng.uniform(0, args.jitter))
            if rng.random() < args.stragglers:
                due += rng.uniform(0.1, 9)
            tick = math.ceil(due / args.speed * 1e9 / TICK_NS)
            frames.append((tick, source, seq, t, kind, payload))
            seq = seq + 1 & 0xFFFFFFFF
    frames.sort(key=lambda f: f[:2])  # stable: a source's frames stay in their order, over a wrap of seq too
    return frames


def datagrams(frames, base_ns, args, rng):
    """The sorted datagrams, (tick, bytes), lost ones left out and doubles put in; then how many of each."""
    packed, owner = [], None
    for tick, source, seq, t, kind, payload in frames:
        data = frame(kind, source, seq, base_ns + t, payload)
        if owner == (tick, source) and len(packed[-1][1]) + len(data) <= DATAGRAM_MAX:
            packed[-1] = (tick, packed[-1][1] + data)
        else:
            packed.append((tick, data))
        owner = (tick, source)
    kept = [d for d in packed if rng.random() >= args.loss]
    lost = len(packed) - len(kept)
    second = [(tick + round(rng.uniform(0, 0.5) / args.speed * 1e9 / TICK_NS), data)
              for tick, data in kept if rng.random() < args.doubles]
    return sorted(kept + second, key=lambda d: d[0]), lost, len(second)


def send(out, start_ns, address):
    """Send each datagram at its moment; returns how late each was, in ms of wall time."""
    late = []
    offset = time.monotonic_ns() - time.time_ns() + start_ns
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for tick, data in out:
            due = offset + tick * TICK_NS
            while (wait := due - time.monotonic_ns()) > 0:
                time.sleep(wait / 1e9)
            sock.sendto(data, address)
            late.append((time.monotonic_ns() - due) / 1e6)
    return sorted(late)


def arguments():
    """The command line, checked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--venue")
    parser.add_argument("--to", metavar="HOST:PORT")
    parser.add_argument("--mound", type=int, default=0)
    parser.add_argument("--pitches", type=int, help="default: 20, or all rows of --statcast")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pace", type=float, default=6.0, help="event seconds between releases")
    parser.add_argument("--speed", type=float, default=1.0, help="event seconds per wall second")
    parser.add_argument("--lag", default="2.0,5.0", help="each camera's lag varies between these, event seconds")
    parser.add_argument("--jitter", type=float, default=0.2, help="uniform from 0, event seconds, order kept")
    parser.add_argument("--white", type=float, default=0.5, help="noise of each observation, px; also BALL's sigma")
    parser.add_argument("--common", type=float, default=0.1, help="noise common to a camera's pitch, px")
    for name in ("--loss", "--doubles", "--stragglers"):
        parser.add_argument(name, type=float, default=0.0, help="fraction, from 0 to under 1")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--statcast", metavar="CSV")
    source.add_argument("--drag", action="store_true", help="drag-and-Magnus flights (default)")
    parser.add_argument("--truth", metavar="FILE")
    parser.add_argument("--dry", action="store_true", help="only encode the good vectors of --vectors and compare")
    parser.add_argument("--vectors", metavar="FILE")
    args = parser.parse_args()
    if args.dry:
        if not args.vectors:
            parser.error("--dry needs --vectors")
        return args
    if not args.venue or not args.to:
        parser.error("--venue and --to are needed")
    try:
        args.lag = tuple(float(x) for x in args.lag.split(","))
        host, port = args.to.rsplit(":", 1)
        args.to = host, int(port)
    except ValueError:
        parser.error("--lag is LOW,HIGH and --to is HOST:PORT")
    if len(args.lag) != 2 or not 0 <= args.lag[0] <= args.lag[1] or args.jitter < 0:
        parser.error("--lag is LOW,HIGH with 0 <= LOW <= HIGH, and --jitter is at least 0")
    if args.white <= 0 or args.common < 0 or args.speed <= 0 or args.pace < 1:
        parser.error("--white and --speed must be over 0 (a sigma of 0 is refused), --pace at least 1")
    if not all(0 <= x < 1 for x in (args.loss, args.doubles, args.stragglers)):
        parser.error("--loss, --doubles and --stragglers are fractions, under 1")
    if args.pitches is not None and args.pitches < 1:
        parser.error("--pitches must be at least 1")
    return args


def main():
    """Compute the evening, say "ready", send it, say what was sent."""
    args = arguments()
    if args.dry:
        return 1 if check_vectors(args.vectors) else 0
    rng = random.Random(args.seed)
    said, truth = evening(args, rng)
    if not truth:
        sys.exit("no complete pitch to throw")
    frames = schedule(said, args, rng)
    del said
    # Frames hold absolute times under their CRC, so choose the start a little after the packing will be done.
    probe, began = frames[:2000], time.perf_counter()
    for _, source, seq, t, kind, payload in probe:
        frame(kind, source, seq, t, payload)
    per_frame = (time.perf_counter() - began) / len(probe)
    start_ns = time.time_ns() + round((1.5 * per_frame * len(frames) + 0.5) * 1e9)
    out, lost, doubled = datagrams(frames, start_ns, args, rng)
    if args.truth:
        with open(args.truth, "w", encoding="utf-8") as file:
            for pitch in truth:
                file.write(json.dumps(pitch | {"release_ns": start_ns + pitch["release_ns"]}) + "\n")
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    late = send(out, start_ns, args.to) or [0.0]
    print(f"{len(truth)} pitches, {len(frames)} frames ({sum(f[4] == BALL for f in frames)} balls), "
          f"{len(out)} datagrams ({lost} lost, {doubled} doubled), sent late by "
          f"{late[len(late) // 2]:.2f} ms median, {late[len(late) * 99 // 100]:.2f} ms 99 %, {late[-1]:.2f} ms at most")
    return 0


if __name__ == "__main__":
    sys.exit(main())
