// The live readiness table: one WebSocket, a snapshot, then numbered events. Texts go in as text, never as HTML.
"use strict";

const MOUNDS = ["Game", "Home bullpen", "Visitor bullpen"];
const RETRY_MS = 2000;
const CHECK_MS = 10000;
const ANSWER_MS = 5000;
const byId = (id) => document.getElementById(id);
const outings = new Map(); // pitcher@mound → readiness
const alerts = new Map();
let seq = null;
let offset = null; // box time minus this device's, ms

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function connection(state, text) {
  const line = byId("connection");
  if (line.textContent === text) return;
  line.dataset.state = state;
  line.textContent = text;
}

function index(value, verdict, held) {
  const cell = element("td", "number");
  if (value.value === null) {
    cell.append(element("span", "value", "–"), element("span", "interval", "not yet known"));
    return cell;
  }
  cell.append(element("span", "value " + verdict, whole(value.value)));
  if (held) {
    cell.append(element("span", "interval", "held"));
  } else if (value.low !== null && value.high !== null) {
    cell.append(element("span", "interval", `${whole(value.low)} to ${whole(value.high)}`));
  }
  return cell;
}

// Cut off, never rounded up over a limit: 79.6 is under 80.
const whole = (value) => String(Math.floor(value));
const keyOf = (data) => `${data.pitcher}@${data.mound}`;
const isOnMound = ({ presence }) => presence?.state !== "replaced" && presence?.state !== "gone";
const VERDICTS = { ready: "good", watch: "watch", warm: "watch", sit: "bad", out: "bad" };

function ago(at) {
  if (offset === null) return "age unknown";
  const seconds = Math.max(0, Math.round((Date.now() + offset - Date.parse(at)) / 1000));
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return `${Math.floor(seconds / 3600)} h ago`;
}

// Of which pitch the number is, and its own age; where there is none, that of his last pitch.
function age(data) {
  if (!data.as_of) return `no number; last pitch ${ago(data.last_pitch_at)}`;
  const since = data.pitches - data.as_of.pitches;
  const thrown = since > 0 ? `${since} ${since === 1 ? "pitch" : "pitches"} and ` : "";
  return `as of pitch ${data.as_of.pitches}, ${thrown}${ago(data.as_of.at)}`;
}

function row(data) {
  const made = element("tr");
  const name = element("th", "", data.name);
  name.scope = "row";
  const here = isOnMound(data);
  const held = data.state === "held";
  const state = here ? (held && data.readiness.value === null ? "no number" : data.state) : "no longer on this mound";
  const stateCell = element("td", here && held ? "watch" : "", state);
  if (data.late_data_frac > 0) {
    stateCell.append(element("span", "interval", `${(100 * data.late_data_frac).toFixed(0)} % late`));
  }
  const ageCell = element("td", "number", age(data));
  ageCell.dataset.outing = keyOf(data);
  const advice = element("td", "advice", data.recommendation);
  for (const reason of data.reasons.slice(0, 3)) advice.append(element("span", "reason", reason));
  made.append(
    name,
    element("td", "", MOUNDS[data.mound] ?? `Mound ${data.mound}`),
    index(data.readiness, (here && VERDICTS[data.verdict]) || "none", held),
    index(data.fatigue, "", held),
    element("td", "number", `${(data.unseen ?? []).length > 0 || data.unnamed_throws > 0 ? "≥ " : ""}${data.pitches}`),
    stateCell, ageCell, advice,
  );
  return made;
}

function drawPitchers() {
  const order = (a, b) => isOnMound(b) - isOnMound(a) || a.mound - b.mound || a.pitcher - b.pitcher;
  const shown = [...outings.values()].sort(order);
  byId("pitchers").replaceChildren(...shown.map(row));
  byId("empty").hidden = shown.length > 0;
}

function drawAlerts() {
  const worstFirst = (a, b) => (b.severity === "critical") - (a.severity === "critical");
  const items = [...alerts.values()].sort(worstFirst).map((alert) => {
    const item = element("li", alert.severity);
    item.append(element("span", "", (alert.severity === "critical" ? "Critical: " : "Warning: ") + alert.message));
    if (alert.acknowledged_at) {
      item.append(element("span", "interval", "seen"));
    } else {
      const seen = element("button", "", "Seen");
      seen.setAttribute("aria-label", `Seen: ${alert.message}`);
      seen.addEventListener("click", async () => {
        seen.disabled = true;
        const answer = await fetch(`/api/alerts/${alert.id}/ack`, { method: "POST" }).catch(() => null);
        if (!answer?.ok) seen.disabled = false;
      });
      item.append(seen);
    }
    return item;
  });
  byId("alert-list").replaceChildren(...items);
  byId("alerts").hidden = items.length === 0;
}

function take(message) {
  const { type, data } = message;
  seq = message.seq;
  const ahead = Date.parse(message.published_at) - Date.now();
  if (type === "snapshot" || offset === null || ahead > offset) offset = ahead;
  switch (type) {
    case "snapshot":
      outings.clear();
      alerts.clear();
      data.readiness.forEach((r) => outings.set(keyOf(r), r));
      data.alerts.forEach((a) => alerts.set(a.id, a));
      break;
    case "readiness":
      outings.set(keyOf(data), data);
      // What the alerts about him watch has moved on.
      data.alerts.filter((alert) => alerts.has(alert.id)).forEach((alert) => alerts.set(alert.id, alert));
      break;
    case "outing_ended": outings.delete(keyOf(data)); break;
    case "alert_raised":
    case "alert_acknowledged": alerts.set(data.id, data); break;
    case "alert_cleared": alerts.delete(data.id); break;
    default: return;
  }
  drawPitchers();
  drawAlerts();
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/api/live${seq === null ? "" : `?since=${seq}`}`);
  socket.addEventListener("open", () => connection("live", "Live"));
  socket.addEventListener("message", (event) => take(JSON.parse(event.data)));
  const checking = setInterval(() => check(socket), CHECK_MS);
  socket.addEventListener("close", (event) => {
    clearInterval(checking);
    const why = event.reason ? ` (${event.reason})` : "";
    connection("lost", `Connection lost${why}: the numbers below are old. Trying again…`);
    setTimeout(connect, RETRY_MS);
  });
}

// A tablet that left the wireless network gets no close event for minutes. Old numbers must not look live.
async function check(socket) {
  const answer = await fetch("/health/live", { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => null);
  if (!answer?.ok && socket.readyState === WebSocket.OPEN) {
    connection("lost", "The box does not answer: the numbers below are old. Trying again…");
    socket.close();
  }
}

setInterval(() => {
  for (const cell of document.querySelectorAll("td[data-outing]")) {
    cell.textContent = age(outings.get(cell.dataset.outing));
  }
}, 1000);
connect();
