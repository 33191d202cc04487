/** The page as a thing that is loaded: kept for when the box is away, and loaded anew when the box has another one. */

const WORKER = "/sw.js";
const ASK_WITHIN_MS = 5_000;

/** Whether this browser keeps the pages: over https and on loopback; over plain http elsewhere there is no such thing. */
function keeps(): boolean {
  try {
    // Where site data is blocked, even asking may be refused.
    return "serviceWorker" in navigator && navigator.serviceWorker !== undefined;
  } catch {
    return false;
  }
}

/** Keeps the pages in this browser. A browser that will not is none the worse for it. */
export function keepShell(): void {
  if (!import.meta.env.PROD || !keeps()) return;
  navigator.serviceWorker.register(WORKER, { updateViaCache: "none" }).catch((fault: unknown) => console.warn("these pages are not kept in this browser:", fault));
}

/** Whether a reload would open these pages though the box is away. */
export const survivesReload = (): boolean => keeps() && navigator.serviceWorker.controller !== null;

/** The script that a page starts with: its name changes with the build. */
export const scriptOf = (html: string): string | null => /<script[^>]*type="module"[^>]*\ssrc="([^"]+)"/.exec(html)?.[1] ?? null;

/** Whether the box has pages of another build than these; not where it does not answer. */
export async function isOutdated(): Promise<boolean> {
  const own = document.querySelector("script[type=module][src]")?.getAttribute("src");
  if (!own) return false;
  try {
    const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(ASK_WITHIN_MS) });
    const theirs = scriptOf(await answer.text());
    return answer.ok && theirs !== null && theirs !== own;
  } catch {
    return false;
  }
}

/** Loads the page anew, but only where that leads to a page: not to the browser's error page, which never comes back. */
export async function reload(): Promise<boolean> {
  if (!survivesReload()) {
    try {
      await fetch("/health/live", { cache: "no-store", signal: AbortSignal.timeout(ASK_WITHIN_MS) });
    } catch {
      return false;
    }
  }
  leaving = true;
  location.reload();
  return true;
}

let leaving = false;

/** Asks before this page is left while the box is away and no browser would open it again. */
export function askBeforeLeaving(): () => void {
  const ask = (event: BeforeUnloadEvent): void => {
    if (!leaving && !survivesReload()) event.preventDefault();
  };
  window.addEventListener("beforeunload", ask);
  return () => window.removeEventListener("beforeunload", ask);
}
