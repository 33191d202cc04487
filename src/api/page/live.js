// The live readiness table: one WebSocket, a snapshot, then numbered events. Texts go in as text, never as HTML.
"use strict";

const MOUNDS = ["Game", "Home bullpen", "Visitor bullpen"];
const RETRY_MS = 2000;
const CHECK_MS = 10000;
const ANSWER_MS = 5000;
const outing = ({ pitcher, mound }) => `${pitcher}/${mound}`;
const byId = (id) => document.getElementById(id);
const pitchers = new Map(); // "pitcher/mound" → {data, receivedAt}
const alerts = new Map();
let seq = null;

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

function index(value, levels) {
  const cell = element("td", "number");
  if (value.value === null) {
    cell.append(element("span", "value", "–"), element("span", "interval", "not yet known"));
    return cell;
  }
  // Never rounded up: what is under a limit looks so.
  const whole = (x) => String(Math.floor(x));
  cell.append(element("span", "value " + levels(value.value), whole(value.value)));
  if (value.low !== null && value.high !== null) {
    cell.append(element("span", "interval", `${whole(value.low)} to ${whole(value.high)}`));
  }
  return cell;
}

function age({ data, receivedAt }) {
  if (data.data_age_ms === null || data.data_age_ms === undefined) return "–";
  const seconds = Math.round((data.data_age_ms + performance.now() - receivedAt) / 1000);
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return `${Math.floor(seconds / 3600)} h ago`;
}

function row(shown) {
  const { data } = shown;
  const made = element("tr");
  const name = element("th", "", data.name);
  name.scope = "row";
  const state = { provisional: "provisional", final: "final", held: "held" }[data.state] ?? data.state;
  const stateCell = element("td", data.state === "held" ? "watch" : "", state);
  if (data.late_data_frac > 0) {
    stateCell.append(element("span", "interval", `${(100 * data.late_data_frac).toFixed(0)} % late`));
  }
  const ageCell = element("td", "number", age(shown));
  ageCell.dataset.outing = outing(data);
  const advice = element("td", "advice", data.recommendation);
  for (const reason of data.reasons.slice(0, 3)) advice.append(element("span", "reason", reason));
  made.append(
    name,
    element("td", "", MOUNDS[data.mound] ?? `Mound ${data.mound}`),
    index(data.readiness, (v) => (data.state === "held" ? "" : v < 60 ? "bad" : v < 80 ? "watch" : "good")),
    index(data.fatigue, () => ""),
    element("td", "number", String(data.pitches)),
    stateCell, ageCell, advice,
  );
  return made;
}

function drawPitchers() {
  const shown = [...pitchers.values()].sort((a, b) => a.data.mound - b.data.mound || a.data.pitcher - b.data.pitcher);
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

function take(message, receivedAt) {
  const { type, data } = message;
  seq = message.seq;
  switch (type) {
    case "snapshot":
      pitchers.clear();
      alerts.clear();
      data.readiness.forEach((r) => pitchers.set(outing(r), { data: r, receivedAt }));
      data.alerts.forEach((a) => alerts.set(a.id, a));
      break;
    case "readiness":
      pitchers.set(outing(data), { data, receivedAt });
      // What stands says what it watches now.
      data.alerts.filter((a) => alerts.has(a.id)).forEach((a) => alerts.set(a.id, a));
      break;
    case "outing_ended": pitchers.delete(outing(data)); break;
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
  socket.addEventListener("message", (event) => take(JSON.parse(event.data), performance.now()));
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
    cell.textContent = age(pitchers.get(cell.dataset.outing));
  }
}, 1000);
connect();
