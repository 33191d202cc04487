/** The page's start: one connection, one watchdog, one tree. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Refused } from "./api/client";
import { App } from "./app";
import { Hub } from "./live/hub";
import { LiveProvider } from "./live/react";
import { Watchdog } from "./live/watchdog";
import { keepShell } from "./shell/shell";

const watchdog = new Watchdog();
const hub = new Hub();
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // What nobody looks at any more is forgotten: a wall's tablet is never closed.
      gcTime: 5 * 60_000,
      // A refusal stays one; a box that is away comes back.
      retry: (failures, error) => error instanceof Refused && error.status === 0 && failures < 2,
      retryDelay: 1_000,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

keepShell();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <LiveProvider hub={hub}>
        <App watchdog={watchdog} />
      </LiveProvider>
    </QueryClientProvider>
  </StrictMode>,
);
