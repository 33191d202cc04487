"""When a pitch is known well enough: the rule of early results, computed from the frames alone.

Written from docs/science.md and docs/early.md and from none of the project's code: it reads what cameras sent and when that arrived,
fits each flight by least squares in pixels, and finds the earliest arrival at which the rule is met. Needs numpy.

    PITCHGUARD_EARLY_DUMP=DIR cargo nextest run --test early a_number
    early_reference.py config/venues/busch_iii.toml DIR/*.jsonl

Each line of an evening is a frame (`source`, `event`, `arrival`, ns; `uv` and `sigma` in px where it shows a ball), a mark
(`mark`, `event`, `arrival`), or what the project told of a pitch (`told`: mound, release, plate, arrival of the first result, whether
it was early).
"""
import json
import math
import sys
import tomllib

import numpy as np

G = 32.174
FRONT = 17.0 / 12.0
K = 5.381e-3 / 1.2 * 1.1739          # per ft, standard air
COMMON = 0.1                         # px
JERK_ACROSS, JERK_ALONG = 2.5, 0.4   # ft/s3
ALPHA, ALPHA_SD = 1.0, 0.05          # scale of the modelled jerk
PLATE_IN, SPEED_MPH = 0.15, 0.10
IN_PLACE_PX, FITS = 0.4, 3
GATE = 9.21


class Camera:
    def __init__(self, venue, mound, raw):
        turn = math.radians(mound.get("heading_deg", 0.0))
        axes = np.array([[math.cos(turn), -math.sin(turn), 0], [math.sin(turn), math.cos(turn), 0], [0, 0, 1.0]])
        w, x, y, z = raw["rotation"]
        world = np.array([
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]])
        self.rotation = world @ axes
        self.position = axes.T @ (np.array(raw["position_ft"]) - np.array(mound["plate_ft"]))
        self.focal, self.centre = raw["focal_px"], np.array(raw["principal_px"])
        self.distortion, self.size, self.fps = raw["distortion"], raw["image_px"], raw["fps"]
        corners = [(0, 0), (self.size[0], 0), (0, self.size[1]), tuple(self.size)]
        self.radius = max(np.linalg.norm(self.undistort(np.array(c))) for c in corners)

    def distort(self, n):
        k1, k2, p1, p2, k3 = self.distortion
        x, y = n[..., 0], n[..., 1]
        r2 = x * x + y * y
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        return np.stack([x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
                         y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y], -1)

    def undistort(self, uv):
        target = (uv - self.centre) / self.focal
        n = target.copy()
        for _ in range(30):
            n = n - (self.distort(n) - target)
        return n

    def project(self, points):
        c = (points - self.position) @ self.rotation.T
        return self.distort(c[..., :2] / c[..., 2:3]) * self.focal + self.centre

    def sees(self, point):
        c = self.rotation @ (point - self.position)
        if c[2] <= 0 or math.hypot(c[0] / c[2], c[1] / c[2]) > self.radius:
            return False
        u, v = self.project(point)
        return 0 <= u < self.size[0] and 0 <= v < self.size[1]


def forces(v, a):
    """Acceleration as a function of velocity: drag and Magnus of the ball that has this acceleration at this velocity."""
    speed = np.linalg.norm(v)
    along = v / speed
    air = a + np.array([0, 0, G])
    drag = -air @ along
    magnus = air + along * drag
    lift = np.linalg.norm(magnus)
    axis = np.cross(along, magnus)
    axis = axis / max(np.linalg.norm(axis), 1e-9)
    cl = lift / (K * speed * speed)
    s0 = 0.583 * cl / max(1.120 - 2.333 * cl, 1e-6)

    def acceleration(u):
        fast = np.linalg.norm(u)
        s = s0 * speed / fast
        coefficient = 1.120 * s / (0.583 + 2.333 * s)
        side = np.cross(axis, u / fast)
        return np.array([0, 0, -G]) - u * (drag / (speed * speed)) * fast + side * (K * coefficient * fast * fast)
    return acceleration


def jerk_and_snap(v, a):
    at = forces(v, a)
    h = 1e-3
    def step(u, dt):
        k1 = at(u); k2 = at(u + k1 * dt / 2); k3 = at(u + k2 * dt / 2); k4 = at(u + k3 * dt)
        return u + (k1 + 2 * k2 + 2 * k3 + k4) * dt / 6
    before, here, after = at(step(v, -h)), at(v), at(step(v, h))
    return (after - before) / (2 * h), (after - 2 * here + before) / (h * h)


class Fit:
    """A flight p(t) = p + v t + a t2/2 + j t3/6 + s t4/24, t in s from `origin`."""

    def __init__(self, cameras, frames, origin, start=None):
        self.cameras, self.frames, self.origin = cameras, frames, origin
        self.by = {c: np.array([[(e - origin) * 1e-9, u, v, s] for e, (u, v), s in rows])
                   for c, rows in frames.items() if len(rows) >= 4}
        self.ok = len(self.by) >= 2
        if not self.ok:
            return
        self.theta = start if start is not None else np.concatenate([[0, 28, 4.5], [0, -128, -4], [0, 25, -18], [0, 0, 0]])
        self.keep = {c: np.ones(len(rows), bool) for c, rows in self.by.items()}
        self.snap = np.zeros(3)
        for turn in range(3):
            free = turn == 0 and start is None
            for _ in range(12):
                step = self.solve(free)
                if step is None or not np.isfinite(step).all():
                    self.ok = False
                    return
                self.theta = self.theta + step
                if np.abs(step[:3]).max() < 1e-5 and np.abs(step[3:6]).max() < 1e-4:
                    break
            if turn > 0 or start is not None:
                for c, rows in self.by.items():
                    r = rows[:, 1:3] - self.cameras[c].project(self.at(rows[:, 0]))
                    self.keep[c] = (r ** 2).sum(1) / (rows[:, 3] ** 2 + COMMON ** 2) <= GATE

    def at(self, t):
        t = np.asarray(t)[..., None]
        p, v, a, j = self.theta.reshape(4, 3)
        return p + v * t + a * t ** 2 / 2 + j * t ** 3 / 6 + self.snap * t ** 4 / 24

    def velocity(self, t):
        _, v, a, j = self.theta.reshape(4, 3)
        return v + a * t + j * t * t / 2 + self.snap * t ** 3 / 6

    def solve(self, free):
        p, v, a, j = self.theta.reshape(4, 3)
        n, g = np.zeros((12, 12)), np.zeros(12)
        speed = np.linalg.norm(v)
        along = np.outer(v, v) / speed ** 2
        if free:
            mean, cov = np.zeros(3), np.eye(3) * 1e-4
        else:
            model, snap = jerk_and_snap(v, a)
            self.snap = ALPHA * snap
            mean = ALPHA * model
            cov = along * JERK_ALONG ** 2 + (np.eye(3) - along) * JERK_ACROSS ** 2 + np.outer(model, model) * ALPHA_SD ** 2
        prior = np.linalg.inv(cov)
        n[9:, 9:] += prior
        g[9:] += prior @ (mean - j)
        self.parts = []
        for c, rows in self.by.items():
            rows = rows[self.keep[c]]
            if len(rows) < 4:
                continue
            camera, t = self.cameras[c], rows[:, 0]
            points = self.at(t)
            seen = camera.project(points)
            jac = np.stack([(camera.project(points + d) - camera.project(points - d)) / 2e-3
                            for d in np.eye(3) * 1e-3], -1)
            powers = np.stack([np.ones_like(t), t, t ** 2 / 2, t ** 3 / 6], -1)
            full = np.einsum("nij,nk->nikj", jac, powers).reshape(len(t), 2, 12)
            w = 1 / rows[:, 3] ** 2
            r = rows[:, 1:3] - seen
            b = np.einsum("n,nik->ki", w, full)
            e = (w[:, None] * r).sum(0)
            d = w.sum() + 1 / COMMON ** 2
            n += np.einsum("n,nik,nil->kl", w, full, full) - b @ b.T / d
            g += np.einsum("n,nik,ni->k", w, full, r) - b @ e / d
            self.parts.append((c, w.sum(), b, e, r, w))
        self.normal, self.gradient = n, g
        try:
            return np.linalg.solve(n, g)
        except np.linalg.LinAlgError:
            return None

    def crossing(self, y):
        t = 0.0
        for _ in range(40):
            v = self.velocity(t)[1]
            if v > -1:
                return None
            t -= (self.at(t)[1] - y) / v
            if abs(t) > 2:
                return None
        return t

    def deviations(self, release, release_sd):
        """Standard deviations of plate x, z (in) and release speed (mph)."""
        chi2 = max(1.0, self.chi2())
        cov = np.linalg.inv(self.normal) * chi2
        t = self.crossing(FRONT)
        v = self.velocity(t)
        row = lambda s: np.concatenate([np.eye(3), np.eye(3) * s, np.eye(3) * s * s / 2, np.eye(3) * s ** 3 / 6], 1)
        place = row(t)
        x = place[0] - v[0] / v[1] * place[1]
        z = place[2] - v[2] / v[1] * place[1]
        vr = self.velocity(release)
        unit = vr / np.linalg.norm(vr)
        fast = np.concatenate([np.zeros((3, 3)), np.eye(3), np.eye(3) * release, np.eye(3) * release ** 2 / 2], 1)
        s = unit @ fast
        slowing = unit @ ((self.velocity(release + 1e-4) - self.velocity(release - 1e-4)) / 2e-4)
        of = lambda q: math.sqrt(q @ cov @ q)
        return 12 * of(x), 12 * of(z), math.hypot(of(s), slowing * release_sd) / 1.466667

    def chi2(self):
        total, used = 0.0, 0
        for _, weight, _, e, r, w in self.parts:
            total += (w[:, None] * r ** 2).sum() - e @ e / (weight + 1 / COMMON ** 2)
            used += len(r)
        return total / max(2 * used - 12, 1)

    def sound(self):
        """Whether pixels scatter as they say, and cameras are off by what is usual."""
        used = sum(len(part[4]) for part in self.parts)
        freedom = 2 * used - 12
        if freedom < 1 or self.chi2() * freedom > 1.2 * limit(freedom):
            return False
        offsets = self.offsets()
        if offsets is None:
            return False
        chi2, directions = offsets
        return directions == 0 or chi2 <= limit(directions)

    def offsets(self):
        # Everything at once: flight and one offset of two pixels a camera, each with its prior.
        size = 12 + 2 * len(self.parts)
        big, right = np.zeros((size, size)), np.zeros(size)
        big[:12, :12] = self.normal
        right[:12] = self.gradient
        for i, (_, weight, b, e, _, _) in enumerate(self.parts):
            at = slice(12 + 2 * i, 14 + 2 * i)
            d = weight + 1 / COMMON ** 2
            big[:12, :12] += b @ b.T / d
            right[:12] += b @ e / d
            big[:12, at], big[at, :12] = b, b.T
            big[at, at] = np.eye(2) * d
            right[at] = e
        cov = np.linalg.inv(big)
        found = (cov @ right)[12:]
        spread = np.eye(size - 12) * COMMON ** 2 - cov[12:, 12:]
        values, vectors = np.linalg.eigh(spread)
        share = values / COMMON ** 2
        seen = share > 1 / 11
        return float((((vectors.T @ found)[seen]) ** 2 / values[seen]).sum()), int(seen.sum())

    def crosses(self):
        middle = self.at(0.0)
        rays = [self.cameras[c].position - middle for c, *_ in self.parts]
        rays = [r / np.linalg.norm(r) for r in rays]
        return any(abs(a @ b) <= math.cos(math.radians(15)) for i, a in enumerate(rays) for b in rays[i + 1:])


def limit(freedom):
    spread = 2 / (9 * freedom)
    return freedom * (1 - spread + 3.090232 * math.sqrt(spread)) ** 3


def due(camera, fit, plate, origin):
    last = plate
    if not camera.sees(fit.at(plate)):
        release = fit.crossing(55.0)
        times = np.arange(plate, release, -0.001)
        seen = [t for t in times if camera.sees(fit.at(t))]
        if not seen:
            return None
        last = max(seen)
    return origin + int((last - 1 / camera.fps) * 1e9)


def release_of(fit, cameras, frames, marks, now, origin):
    """Seconds of the release and its sd: a mark's within 20 ms, else the first observation, less half of the frame before."""
    times = sorted((e, c) for c, rows in frames.items() for e, _, _ in rows)
    start = None
    for event, _ in times:
        point = fit.at((event - origin) * 1e-9)
        showing = [c for c in frames if cameras[c].sees(point)]
        following = sum(any(event <= e <= event + 12_000_000 for e, _, _ in rows) for rows in frames.values())
        if following >= max(min(len(showing), 2), (len(showing) + 1) // 2):
            start = event
            break
    if start is None:
        return None
    near = [e for e, at in marks if at <= now and abs(e - start) <= 20_000_000]
    if near:
        return (min(near, key=lambda e: abs(e - start)) - origin) * 1e-9, 0.0
    gaps = []
    for c, rows in frames.items():
        later = [e for e, _, _ in rows if e >= start]
        if later:
            gap = start - (min(later) - 1e9 / cameras[c].fps)
            if gap > 0:
                gaps.append(gap * 1e-9)
    return (start - origin) * 1e-9, (min(gaps) if gaps else 0.0) / math.sqrt(3)


def earliest(cameras, frames, marks, told, trusted, fit, origin):
    """The earliest arrival at which the rule is met, ns; None where it never is."""
    plate = fit.crossing(FRONT)
    dues = {c: due(cameras[c], fit, plate, origin) for c in trusted}
    counting = {}
    for c in trusted:
        if dues[c] is not None:
            passed = [at for event, at, *_ in frames[c] if event >= dues[c]]
            if passed:
                counting[c] = min(passed)
    order = sorted(counting.values())
    if len(order) < 2:
        return None
    moments = sorted({at for c in trusted for event, at, uv, _ in frames[c] if uv is not None and at >= order[1]} | set(order[1:]))
    last = order[1] - 10**12
    for now in moments:
        # Every 5 ms is often enough, and each camera that comes to count.
        if now - last < 5_000_000 and now not in order:
            continue
        last = now
        seen = {c: [(e, uv, s) for e, at, uv, s in frames[c] if at <= now and uv is not None and e <= origin + int((plate + 0.002) * 1e9)]
                for c, since in counting.items() if since <= now}
        few = Fit(cameras, seen, origin, fit.theta.copy())
        if not few.ok or few.crossing(FRONT) is None:
            continue
        release = release_of(few, cameras, seen, marks, now, origin)
        if release is None:
            continue
        x, z, speed = few.deviations(*release)
        if max(x, z) <= PLATE_IN and speed <= SPEED_MPH and few.crosses() and few.sound():
            return now
        if now > order[-1] + 300_000_000:
            return None
    return None


def evening(venue, path):
    raw = [json.loads(line) for line in open(path)]
    told = sorted((r for r in raw if "told" in r), key=lambda r: r["plate"])
    results = []
    for mound in venue["mound"]:
        cameras = {c["id"]: Camera(venue, mound, c) for c in venue["camera"] if c["id"] in mound["cameras"]}
        marks = [(r["event"], r["arrival"]) for r in raw if r.get("mark") == mound["id"]]
        frames = [r for r in raw if r.get("source") in cameras]
        fits = []
        for pitch in (p for p in told if p["told"] == mound["id"]):
            around = (pitch["release"] - 100_000_000, pitch["plate"] + 400_000_000)
            mine = {c: [] for c in cameras}
            for f in frames:
                if around[0] <= f["event"] <= around[1]:
                    mine[f["source"]].append((f["event"], f["arrival"], f.get("uv"), f.get("sigma")))
            origin = (pitch["release"] + pitch["plate"]) // 2
            balls = {c: [(e, uv, s) for e, _, uv, s in rows if uv is not None] for c, rows in mine.items()}
            fit = Fit(cameras, balls, origin)
            if not fit.ok:
                continue
            residual = {}
            for c, rows in fit.by.items():
                r = rows[:, 1:3] - fit.cameras[c].project(fit.at(rows[:, 0]))
                residual[c] = float(np.linalg.norm(r.mean(0)))
            before = fits[-FITS:]
            fits.append(residual)
            if not pitch["trusted"] or len(before) < FITS:
                continue
            trusted = [c for c in cameras if all(b.get(c, 9.9) < IN_PLACE_PX for b in before)]
            found = earliest(cameras, mine, marks, pitch, trusted, fit, origin)
            results.append((mound["id"], pitch, found))
    return results


def main():
    venue = tomllib.load(open(sys.argv[1], "rb"))
    late, never, unmet = [], 0, 0
    for path in sys.argv[2:]:
        for mound, pitch, found in evening(venue, path):
            if found is None:
                unmet += 1
                if pitch["early"]:
                    print(f"early, though the rule is never met: mound {mound}, plate {pitch['plate']}")
                continue
            by = (pitch["arrival"] - found) * 1e-6
            late.append(by)
            if abs(by) > 150:
                print(f"mound {mound}, plate {pitch['plate']}: told {by:.0f} ms after the rule was met, early {pitch['early']}")
    late.sort()
    at = lambda share: late[int((len(late) - 1) * share)]
    near = sum(abs(by) <= 150 for by in late) / max(len(late), 1)
    print(f"{len(late)} pitches ({unmet} of which the rule is never met): {100 * near:.1f} % within 150 ms; "
          f"1 % {at(0.01):.1f}, median {at(0.5):.1f}, 95 % {at(0.95):.1f}, most {late[-1]:.1f} ms")


main()
