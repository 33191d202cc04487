// Trades the key for a cookie, and shows the page that was asked for. The page keeps no key.
"use strict";

const byId = (id) => document.getElementById(id);

async function open(key) {
  const answer = await fetch("/api/session", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ key }),
  });
  if (!answer.ok) throw new Error((await answer.json()).detail);
}

byId("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("said").textContent = "";
  try {
    await open(byId("key").value.trim());
    location.reload();
  } catch (error) {
    byId("said").textContent = error instanceof TypeError ? "The box does not answer." : error.message;
  }
});
