import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a daemon. */
const DAEMON = process.env["PITCHGUARD_HTTP"] ?? "http://127.0.0.1:8080";

/** Writes `sw.js`, which keeps exactly this build's files: another build is another worker. */
function shell(): Plugin {
  return {
    name: "pitchguard-shell",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const source = readFileSync(new URL("src/shell/worker.js", import.meta.url), "utf8");
      const files = Object.keys(bundle).filter((name) => name.startsWith("assets/")).map((name) => `/${name}`).sort();
      const page = bundle["index.html"];
      if (page?.type !== "asset") this.error("no index.html to keep");
      const build = createHash("sha256").update(source).update(files.join()).update(page.source).digest("hex").slice(0, 16);
      const worker = source.replace('"__BUILD__"', JSON.stringify(build)).replace('["__FILES__"]', JSON.stringify(files));
      this.emitFile({ type: "asset", fileName: "sw.js", source: worker });
    },
  };
}

export default defineConfig({
  plugins: [react(), shell()],
  build: {
    target: "es2022",
    // The daemon's security policy allows no inline script and no data: script.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
  server: {
    proxy: {
      "/api": { target: DAEMON, ws: true, changeOrigin: true },
      "/health": { target: DAEMON, changeOrigin: true },
    },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"], restoreMocks: true },
});
