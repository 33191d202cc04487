/** The tablet in a real browser against the real daemon; one worker, for a build machine has few cores. */
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const require = createRequire(new URL("../../src/tablet/package.json", import.meta.url));

export default {
  root: here,
  cacheDir: fileURLToPath(new URL("../../src/tablet/node_modules/.vitest-browser", import.meta.url)),
  resolve: {
    // The packages are those of the tablet.
    alias: ["playwright-core", "axe-core"].map((name) => ({ find: name, replacement: require.resolve(name) })),
  },
  test: {
    include: ["**/*.test.ts"],
    fileParallelism: false,
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
};
