/** What a browser keeps for this page. One that keeps nothing (site data blocked) keeps it until the page is left. */

type Where = "localStorage" | "sessionStorage";

const untilLeft = new Map<string, string>();

/** What was kept under a name; null where nothing was. */
export function recall(where: Where, name: string): string | null {
  try {
    return globalThis[where].getItem(name) ?? untilLeft.get(name) ?? null;
  } catch {
    return untilLeft.get(name) ?? null;
  }
}

export function keep(where: Where, name: string, text: string): void {
  untilLeft.set(name, text);
  try {
    globalThis[where].setItem(name, text);
  } catch {
    // It is kept until the page is left.
  }
}
