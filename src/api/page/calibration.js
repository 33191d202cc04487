// Fetches what changes every two seconds, and asks for recalibrations. The HTML comes from the daemon, escaped there.
"use strict";

const EVERY_MS = 2000;
const byId = (id) => document.getElementById(id);
let answer = "";

function connection(state, text) {
  const line = byId("connection");
  if (line.textContent === text) return;
  line.dataset.state = state;
  line.textContent = text;
}

async function refresh() {
  try {
    const response = await fetch("/calibration/main");
    // The session has ended: the page itself asks for the key.
    if (response.status === 401) location.reload();
    if (!response.ok) throw new Error(response.statusText);
    const html = await response.text();
    const open = [...document.querySelectorAll("details[open]")].map((d) => d.id);
    const focused = document.activeElement?.dataset?.recalibrate;
    byId("main").innerHTML = html;
    for (const id of open) byId(id)?.setAttribute("open", "");
    if (focused !== undefined) document.querySelector(`[data-recalibrate="${CSS.escape(focused)}"]`)?.focus();
    if (byId("answer")) byId("answer").textContent = answer;
    connection("live", "Live");
  } catch {
    connection("lost", "Connection lost; trying again");
  }
}

async function ask(camera, dryRun) {
  const venue = byId("venue").dataset.venue;
  const body = { dry_run: dryRun };
  if (camera !== "") body.cameras = [Number(camera)];
  const response = await fetch(`/api/calibration/${encodeURIComponent(venue)}/recalibrate`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  const said = await response.json();
  if (!response.ok) throw new Error(said.detail);
  return said.proposals;
}

const changes = (proposal) => proposal.applies || proposal.reinstates;

// One line for each camera that something is done to, and how many stay as they are.
function told(proposals) {
  const stay = proposals.filter((p) => !changes(p)).length;
  const lines = proposals.filter(changes).map((p) => {
    const move = p.applies ? [`move by ${p.shift_px.toFixed(2)} ± ${p.sd_px.toFixed(2)} px`] : [];
    return `Camera ${p.camera}: ${move.concat(p.reinstates ? ["take in again"] : []).join(" and ")}, ${p.why}`;
  });
  if (stay === 1 && lines.length === 0) lines.push(`Camera ${proposals[0].camera} stays: ${proposals[0].why}`);
  else if (stay > 0) lines.push(stay === 1 ? "1 camera stays as it is" : `${stay} cameras stay as they are`);
  return lines;
}

document.addEventListener("click", async (event) => {
  const camera = event.target.dataset?.recalibrate;
  if (camera === undefined) return;
  try {
    const proposed = await ask(camera, true);
    const acts = proposed.some(changes);
    if (acts && !window.confirm(`${told(proposed).join("\n")}\n\nDo that?`)) return;
    answer = told(acts ? await ask(camera, false) : proposed).join(". ") || "There is no camera to correct";
  } catch (error) {
    answer = `Not done: ${error.message}`;
  }
  await refresh();
});

refresh();
setInterval(refresh, EVERY_MS);
