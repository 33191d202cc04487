/** The frame around the views: where to go, how the link stands, what to choose. */
import CssBaseline from "@mui/material/CssBaseline";
import { styled, ThemeProvider } from "@mui/material/styles";
import Typography from "@mui/material/Typography";
import { useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { Component, lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from "react";
import { Route, Switch, useLocation } from "wouter";

import { ask, whenKeyIsAsked } from "./api/client";
import type { Place } from "./api/types";
import { useSecond } from "./components/age";
import { KeyDialog } from "./components/key-dialog";
import { LinkBanner } from "./components/link-banner";
import { Empty, Failed, Loading } from "./components/states";
import { TopBar } from "./components/top-bar";
import { ParkProvider } from "./format/park";
import { SettingsProvider, useSettings } from "./format/settings";
import { useEpoch, useHub, useLink } from "./live/react";
import type { Watchdog } from "./live/watchdog";
import { keepLastSeen, lastSeen, type LastSeen } from "./shell/last-seen";
import { askBeforeLeaving, isOutdated } from "./shell/shell";
import { themeOf } from "./theme";
import { Bullpen } from "./views/bullpen/bullpen";

const PitcherView = lazy(() => import("./views/pitcher/pitcher"));
const Staff = lazy(() => import("./views/staff/staff"));
const System = lazy(() => import("./views/system/system"));

/** A wall's tablet that nobody touched for so long shows the bullpen again. */
const HOME_AFTER_MS = 120_000;

/** The box says where it stands within this, ms: so long views wait, that no time changes its zone under the eye. */
const PLACE_WITHIN_MS = 1_500;

/** How often it is kept that the box is there, ms. */
const KEEP_EVERY_MS = 5_000;

const Main = styled("main")({
  maxWidth: 1600,
  margin: "0 auto",
  padding: "12px clamp(8px, 1.5vw, 20px) 32px",
  outline: "none",
});

const Skip = styled("a")({
  position: "absolute",
  left: 8,
  top: -80,
  zIndex: 2000,
  padding: 12,
  background: "var(--paper)",
  color: "var(--ink)",
  "&:focus": { top: 8 },
});

export function App({ watchdog }: { watchdog: Watchdog }) {
  const venue = useQuery({ queryKey: ["venue"], queryFn: ask.venue, staleTime: Infinity, refetchInterval: (query) => (query.state.data ? false : 2_000) });
  const [seen] = useState(lastSeen);
  return (
    <Guard watchdog={watchdog}>
      <Pulse watchdog={watchdog} />
      <SettingsProvider>
        {(look) => (
          <Themed look={look}>
            <ParkProvider place={venue.data ?? null}>
              <Frame venue={venue} seen={seen} watchdog={watchdog} />
            </ParkProvider>
          </Themed>
        )}
      </SettingsProvider>
    </Guard>
  );
}

function Themed({ look, children }: { look: Parameters<typeof themeOf>[0]; children: ReactNode }) {
  const theme = useMemo(() => themeOf(look), [look]);
  return (
    <ThemeProvider theme={theme}>
      <CssBaseline enableColorScheme />
      {children}
    </ThemeProvider>
  );
}

interface FrameProps {
  /** Where the box stands: views tell of moments and mounds. */
  venue: UseQueryResult<Place>;
  /** What is known of the box from before this page was loaded. */
  seen: LastSeen | null;
  watchdog: Watchdog;
}

function Frame({ venue, seen, watchdog }: FrameProps) {
  const { kiosk } = useSettings();
  const [location, go] = useLocation();
  const [keyAsked, setKeyAsked] = useState<"no" | "now" | "later">("no");
  const link = useLink();
  const hub = useHub();
  const queries = useQueryClient();
  const epoch = useEpoch();
  const place = venue.data ?? null;
  // Asked again and again: why it failed last stays until it does not.
  const [failed, setFailed] = useState<Error | null>(null);
  useEffect(() => setFailed((before) => venue.error ?? before), [venue.error]);
  const isLate = useLate(PLACE_WITHIN_MS) || failed !== null || link === "lost";

  // Every question that the box refuses asks for it; who put it off is not asked again until he wants to.
  useEffect(() => whenKeyIsAsked(() => setKeyAsked((before) => (before === "no" ? "now" : before))), []);
  useEffect(() => {
    if (link === "key") setKeyAsked((before) => (before === "no" ? "now" : before));
    if (link === "live") setKeyAsked("no");
  }, [link]);
  useKeptLastSeen(place);
  useNewestPages(watchdog);
  // While the box is away a page that no browser keeps is not left by a slip of the finger.
  useEffect(() => (link === "lost" ? askBeforeLeaving() : undefined), [link]);
  // After a gap nothing that was fetched beside the stream is known to be new.
  useEffect(() => {
    if (epoch > 1) void queries.invalidateQueries();
  }, [epoch, queries]);
  // The status says which mounds are seen: it is asked for at once where a part of the box fares otherwise.
  useEffect(() => hub.subscribe("health", () => void queries.invalidateQueries({ queryKey: ["status"] })), [hub, queries]);
  useEffect(() => {
    if (!kiosk || location === "/") return;
    let timer = setTimeout(() => go("/"), HOME_AFTER_MS);
    const again = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => go("/"), HOME_AFTER_MS);
    };
    window.addEventListener("pointerdown", again);
    window.addEventListener("keydown", again);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("pointerdown", again);
      window.removeEventListener("keydown", again);
    };
  }, [kiosk, location, go]);

  return (
    <>
      <Skip href="#main">Skip to the content</Skip>
      <TopBar place={place?.name ?? seen?.name ?? ""} />
      <LinkBanner seen={seen} onKey={() => setKeyAsked("now")} />
      <Main id="main" tabIndex={-1}>
        {!place && (isLate ? <Placeless failed={failed} retry={() => void venue.refetch()} /> : <Loading what="the park’s clock and mounds" />)}
        {(place || isLate) && <Views />}
      </Main>
      {keyAsked === "now" && <KeyDialog onOpened={() => setKeyAsked("no")} onLater={() => setKeyAsked("later")} />}
    </>
  );
}

/** Views go by what is known, and how they tell of moments while the park's zone is not. */
function Placeless({ failed, retry }: { failed: Error | null; retry: () => void }) {
  return (
    <div style={{ marginBottom: 12 }} data-placeless="">
      {failed ? <Failed what="The ballpark" error={failed} retry={retry} /> : <Loading what="the park’s clock and mounds" />}
      <Typography sx={{ mt: 0.5, fontWeight: 600 }}>Where the box stands is not known: times are UTC and say so, but for those in the box’s own sentences, which are the park’s.</Typography>
    </div>
  );
}

/** Whether a component has been there for so long. */
function useLate(ms: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return late;
}

function Views() {
  return (
    <Suspense fallback={<Loading what="the view" />}>
      <Switch>
        <Route path="/" component={Bullpen} />
        <Route path="/pitchers/:id">{({ id }) => <PitcherView key={id} pitcher={Number(id)} />}</Route>
        <Route path="/staff" component={Staff} />
        <Route path="/system" component={System} />
        <Route>
          <Empty title="Nothing is here.">The tabs above lead back.</Empty>
        </Route>
      </Switch>
    </Suspense>
  );
}

/** Keeps what a page says that opens while the box is away. */
function useKeptLastSeen(place: Place | null): void {
  const hub = useHub();
  const link = useLink();
  useEffect(() => {
    if (!place || link !== "live") return;
    const keep = (): void => {
      const at = hub.state.boxTime(hub.heardAt);
      if (hub.heardAt > 0 && at !== null) keepLastSeen({ at, zone: place.time_zone, name: place.name });
    };
    keep();
    const timer = setInterval(keep, KEEP_EVERY_MS);
    return () => {
      keep();
      clearInterval(timer);
    };
  }, [hub, link, place]);
}

/** Loads the pages anew after a gap in which the box got newer ones: a wall's tablet is never reloaded by hand. */
function useNewestPages(watchdog: Watchdog): void {
  const link = useLink();
  useEffect(() => {
    if (link !== "live") return;
    void isOutdated().then((outdated) => (outdated ? watchdog.bite() : undefined));
  }, [link, watchdog]);
}

/** Commits once a second while React works. */
function Pulse({ watchdog }: { watchdog: Watchdog }) {
  const second = useSecond();
  useEffect(() => watchdog.committed(), [second, watchdog]);
  return null;
}

/** A fault in a view leaves a word and a way out, not a white page; a wall's tablet reloads by itself. */
class Guard extends Component<{ watchdog: Watchdog; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(): void {
    // Again and again: the first time the box may be away, or a reload too short ago.
    setInterval(() => void this.props.watchdog.bite(), 5_000);
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <div role="alert" className="opening">
        <h1>This page has a fault</h1>
        <p>What it showed may be old, so it shows nothing. It reloads in a moment.</p>
        <button type="button" style={{ minHeight: 44, minWidth: 120 }} onClick={() => location.reload()}>
          Reload now
        </button>
      </div>
    );
  }
}
