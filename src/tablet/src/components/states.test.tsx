import type { UseQueryResult } from "@tanstack/react-query";
import { cleanup } from "@testing-library/react";
import { afterEach, describe, expect, test } from "vitest";

import { Refused } from "../api/client";
import type { Link } from "../live/connection";
import { shown } from "../live/shown";
import { Answered, Loading } from "./states";
import { Sign } from "./table";

const NOW = Date.parse("2025-07-05T00:05:00Z");
const LINKS: readonly Link[] = ["connecting", "live", "lost", "key"];

afterEach(cleanup);

test("nothing is said to be loading while the box is known not to send it", () => {
  const said = (link: Link): string | null => shown(<Loading what="the ballpark" />, { now: NOW, link }).textContent;
  expect(LINKS.map(said)).toEqual(["Loading the ballpark…", "Loading the ballpark…", "The ballpark: not known, the box does not answer.", "The ballpark: not known, the box asks for a key."]);
});

describe("what is of earlier", () => {
  const answer = (change: object): UseQueryResult<string> => ({ data: "ready", isError: false, error: null, dataUpdatedAt: Date.now() - 61_000, ...change }) as unknown as UseQueryResult<string>;
  const page = (link: Link, change: object = {}): HTMLElement =>
    shown(
      <Answered query={answer(change)} what="status" hasAges>
        {(word) => <Sign kind="good" word={word} />}
      </Answered>,
      { now: NOW, link },
    );
  const signs = (of: HTMLElement): (string | null)[] => [...of.querySelectorAll("[data-kind]")].map((sign) => `${sign.getAttribute("data-kind")} ${sign.textContent}`);

  test("is not well, whatever it says, and says how old it is", () => {
    expect(signs(page("live"))).toEqual(["good ● ready"]);
    expect(page("live").querySelector("[data-as-it-was]")).toBe(null);
    for (const link of ["lost", "key"] as const) {
      const old = page(link);
      expect(signs(old)).toEqual(["off ○ last told: ready"]);
      expect(old.querySelector("[data-as-it-was]")?.textContent).toMatch(/^As it was 6[0-3] s ago:$/);
    }
  });

  test("is so too where the box answers others and not this question", () => {
    const refused = page("live", { isError: true, error: new Refused("Too many.", 429, "") });
    expect(signs(refused)).toEqual(["off ○ last told: ready"]);
    expect(refused.textContent).toContain("News of status could not be had. Too many.");
  });
});
