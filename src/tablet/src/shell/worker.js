/**
 * Keeps the shell of these pages in the browser, so that a reload while the box is away opens the pages and not the
 * browser's own error page. It keeps no numbers: what the box knows is only ever asked of the box.
 *
 * The box comes first: the page is asked of it each time, and the kept one is shown only where it does not answer. So an
 * upgrade shows at the next load. Each build has its own worker with its own list of files, kept whole or not at all;
 * the build fills in both names below.
 */
const BUILD = "__BUILD__";
const FILES = ["__FILES__"];

const PREFIX = "pitchguard-shell-";
const KEPT = PREFIX + BUILD;
const PAGE = "/";
const VIEWS = /^\/(staff|system|pitchers\/\d+)?$/;
/** Longest wait for the page, ms: a box that is there answers a hundred times sooner. */
const PATIENCE_MS = 4_000;
/** From here on an answer is a proxy's, which says that the box is away. */
const BAD_GATEWAY = 502;

self.addEventListener("install", (event) => {
  const fresh = [PAGE, ...FILES].map((path) => new Request(path, { cache: "reload" }));
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== KEPT).map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && VIEWS.test(pathname)) event.respondWith(page(event.request));
  else if (FILES.includes(pathname)) event.respondWith(file(event.request));
});

async function page(request) {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status < BAD_GATEWAY) return answer;
    return (await kept(PAGE)) ?? answer;
  } catch (error) {
    const shell = await kept(PAGE);
    if (shell) return shell;
    throw error;
  }
}

/** Named by its content: what is kept is what the box would send. */
async function file(request) {
  return (await kept(request)) ?? fetch(request);
}

async function kept(request) {
  const cache = await caches.open(KEPT);
  return cache.match(request, { ignoreSearch: true });
}
