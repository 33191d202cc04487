import { afterEach, describe, expect, it, vi } from "vitest";

import { keep, recall } from "./kept";

describe("what the browser keeps", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is kept until the page is left where site data is blocked", () => {
    const blocked = { get: () => { throw new DOMException("The request was denied.", "SecurityError"); } };
    for (const where of ["localStorage", "sessionStorage"] as const) {
      vi.stubGlobal(where, new Proxy({}, blocked));
      expect(recall(where, `x.${where}`)).toBeNull();
      keep(where, `x.${where}`, "1");
      expect(recall(where, `x.${where}`)).toBe("1");
    }
  });

  it("is kept where it may be", () => {
    keep("localStorage", "y", "2");
    expect(localStorage.getItem("y")).toBe("2");
  });
});
