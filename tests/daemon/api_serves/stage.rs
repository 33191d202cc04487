//! A served API with a history in memory and a thread that plays the merge thread.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use pitchguard::api::{ApiState, Command, Event, HttpOptions, Live, Place, router, serve};
use pitchguard::clock::BoxClock;
use pitchguard::environment::Environment;
use pitchguard::features::baseline::PitcherBaseline;
use pitchguard::ids::{MoundId, PitcherId};
use pitchguard::observe::{PartState, Telemetry};
use pitchguard::queries::{DayRange, History, HistoryError, PitchPosition, PitchQuery, PitchSlice, Pitcher};
use pitchguard::readiness::{
    Alert, AsOf, Audience, FeatureValue, Index, Presence, PresenceState, Readiness, Severity, Verdict, VerdictLimits,
};
use pitchguard::records::{AppearanceRecord, Measured, Origin, PitchRecord, State};
use pitchguard::risk::anomaly::Anomaly;
use pitchguard::tracking::venue::Venue;
use pitchguard::units::Unit;
use pitchguard::workload::{Roles, WorkloadReport, report};
use serde_json::Value;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

use crate::api_serves::calibration::proposal;

/// What the test history does when it is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Answers,
    Unavailable,
    Panics,
    Dawdles,
}

pub(crate) struct Memory {
    pub(crate) pitches: Vec<PitchRecord>,
    pub(crate) mood: Mood,
}

impl History for Memory {
    fn pitchers(&self, team: Option<&str>, season: Option<i16>) -> Result<Vec<Pitcher>, HistoryError> {
        let known = [(1, "Adam Ace", "STL"), (2, "Bob Bull", "CHC")].map(|(id, name, team)| Pitcher {
            id: PitcherId(id),
            name: name.to_owned(),
            team: Some(team.to_owned()),
            throws: Some("R".to_owned()),
            seasons: vec![2024, 2025],
            pitches: Some(7),
            last_game_date: Some("2025-07-04".to_owned()),
        });
        let fits = |pitcher: &Pitcher| {
            team.is_none_or(|team| pitcher.team.as_deref() == Some(team))
                && season.is_none_or(|season| pitcher.seasons.contains(&season))
        };
        Ok(known.into_iter().filter(fits).collect())
    }

    fn pitcher(&self, id: PitcherId) -> Result<Option<Pitcher>, HistoryError> {
        Ok(self.pitchers(None, None)?.into_iter().find(|pitcher| pitcher.id == id))
    }

    fn latest_outing(&self, _: PitcherId) -> Result<Option<Anomaly>, HistoryError> {
        Ok(None)
    }

    fn anomalies(&self, pitches: &[PitchRecord]) -> Result<Vec<Option<Anomaly>>, HistoryError> {
        Ok(vec![None; pitches.len()])
    }

    fn baseline(&self, id: PitcherId, _: jiff::civil::Date) -> Result<Option<PitcherBaseline>, HistoryError> {
        Ok(self.pitcher(id)?.map(|_| PitcherBaseline { pitcher: id, types: Vec::new() }))
    }

    fn pitches(&self, query: &PitchQuery) -> Result<PitchSlice, HistoryError> {
        match self.mood {
            Mood::Answers => {}
            Mood::Unavailable => return Err(HistoryError::Unavailable("a backup runs".to_owned())),
            Mood::Panics => panic!("a fault in the store"),
            Mood::Dawdles => std::thread::sleep(Duration::from_millis(500)),
        }
        let mut found: Vec<_> = self.pitches.iter().filter(|pitch| query.fits(pitch)).cloned().collect();
        found.sort_by_key(PitchPosition::of);
        query.cut(&mut found);
        Ok(PitchSlice { pitches: found, stopped_at: None })
    }

    fn workload(&self, id: PitcherId, days: DayRange) -> Result<Option<WorkloadReport>, HistoryError> {
        let end = days.end;
        let start = days.start.unwrap_or(end);
        let outing = AppearanceRecord {
            game_date: "2025-07-04".to_owned(),
            game_pk: 7,
            pitches: 110,
            ..AppearanceRecord::default()
        };
        let roles = Roles { starter_pitches_min: 45, starter_cap: 100.0, reliever_cap: 25.0 };
        Ok(self.pitcher(id)?.map(|_| report(id, &[outing], (start, end), &roles)))
    }
}

/// The served API; stops when dropped.
pub(crate) struct Stage {
    runtime: Option<tokio::runtime::Runtime>,
    pub(crate) addr: SocketAddr,
    pub(crate) live: Arc<Live>,
    pub(crate) telemetry: Arc<Telemetry>,
}

/// How to set the stage.
pub(crate) struct Setting {
    pub(crate) memory: Memory,
    pub(crate) ring: usize,
    pub(crate) options: HttpOptions,
}

impl Default for Setting {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            memory: Memory { pitches: Vec::new(), mood: Mood::Answers },
            ring: 64,
            options: HttpOptions::new(listen),
        }
    }
}

impl Setting {
    pub(crate) fn serve(self) -> Stage {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime starts");
        let clock = BoxClock::start(1.0);
        let live = Live::new(self.ring, clock);
        let telemetry = Telemetry::new(clock, &["ingest", "store"]);
        let (commands, mut asked) = tokio::sync::mpsc::channel(4);
        let merge = Arc::clone(&live);
        std::thread::spawn(move || {
            while let Some(command) = asked.blocking_recv() {
                // The asker may have gone.
                match command {
                    Command::AcknowledgeAlert { id, reply } => {
                        let standing = merge.snapshot().alerts().find(|alert| alert.id == id).cloned();
                        let when = Some("2025-07-04T18:20:00Z".to_owned());
                        let seen = standing.map(|alert| Alert { acknowledged_at: when, ..alert });
                        if let Some(alert) = &seen {
                            merge.publish(Event::AlertAcknowledged(alert.clone()));
                        }
                        let _ = reply.send(seen);
                    }
                    Command::Recalibrate { cameras, dry_run, reply } => {
                        let cameras = cameras.unwrap_or_else(|| vec![1, 2]);
                        let _ = reply.send(cameras.into_iter().map(|camera| proposal(camera, !dry_run)).collect());
                    }
                    // A reload's and an import's, which no request asks for.
                    Command::Judge(_) | Command::NamesCame => {}
                }
            }
        });
        let options = Arc::new(self.options);
        let state = ApiState {
            live: Arc::clone(&live),
            history: Arc::new(self.memory),
            risk: None,
            commands,
            telemetry: Arc::clone(&telemetry),
            environment: Environment::off(clock),
            place: Arc::new(Place::from(&Venue::busch_iii())),
            clock,
            options: Arc::clone(&options),
        };
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let addr = listener.local_addr().expect("it is bound");
        runtime.spawn(serve(listener, router(state), options, Arc::clone(&telemetry), std::future::pending()));
        Stage { runtime: Some(runtime), addr, live, telemetry }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Stage {
    pub(crate) fn all_parts_ready(&self) {
        for part in ["ingest", "store"] {
            self.telemetry.set_part(part, PartState::Ready, "");
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub(crate) fn get(&self, path: &str) -> reqwest::blocking::Response {
        client_of_tests().get(self.url(path)).send().expect("the server answers")
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let response = self.get(path);
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().expect("JSON")
    }

    pub(crate) fn listen(&self, path: &str) -> WebSocket<TcpStream> {
        self.listen_on(TcpStream::connect(self.addr).expect("the server accepts"), path)
    }

    pub(crate) fn listen_on(&self, stream: TcpStream, path: &str) -> WebSocket<TcpStream> {
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout can be set");
        let (socket, _) = client(format!("ws://{}{path}", self.addr), stream).expect("an upgrade");
        socket
    }
}

pub(crate) fn client_of_tests() -> reqwest::blocking::Client {
    reqwest::blocking::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client")
}

/// The next message that is no ping.
pub(crate) fn next(socket: &mut WebSocket<TcpStream>) -> Value {
    loop {
        match socket.read().expect("a message") {
            Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
            Message::Ping(_) => {}
            other => panic!("{other:?} is no event"),
        }
    }
}

/// What must come with any refusal.
pub(crate) fn problem(response: reqwest::blocking::Response, status: u16, slug: &str) -> Value {
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let path = response.url().path().to_owned();
    let request_id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
    let problem: Value = response.json().expect("JSON");
    assert_eq!(problem["type"], format!("urn:pitchguard:problem:{slug}"), "{problem}");
    assert_eq!(problem["status"], status, "{problem}");
    assert_eq!(problem["instance"], path, "{problem}");
    assert_eq!(problem["request_id"], request_id, "{problem}");
    assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.len() > 20), "says what to do: {problem}");
    problem
}

pub(crate) fn readiness(pitcher: u32) -> Readiness {
    let index = |value| Index { value: Some(value), low: Some(value - 5.0), high: Some(value + 5.0), one_sided: None };
    let delta = FeatureValue {
        value: -0.4,
        sd: 0.3,
        qa: 0.98,
        n: 5,
        unit: Some(Unit::Mph),
        digits: Some(1),
        partly_seen: false,
    };
    Readiness {
        pitcher: PitcherId(pitcher),
        name: "Adam Ace".to_owned(),
        mound: MoundId(0),
        readiness: index(84.0),
        fatigue: index(16.0),
        risk: Index::default(),
        probability_21d: None,
        base_rate_21d: None,
        risk_coverage: None,
        risk_absent: Some("no risk model serves on this box".to_owned()),
        features: BTreeMap::from([("velocity_delta_5".to_owned(), delta)]),
        early: false,
        feature_set: "v1".to_owned(),
        feature_qa_min: Some(0.98),
        calibration_confidence: None,
        late_data_frac: 0.0,
        data_age_ms: None,
        state: State::Provisional,
        revision: 3,
        reasons: vec!["Fastball 0.4 mph below his season".to_owned()],
        recommendation: "Good to go on".to_owned(),
        alerts: Vec::new(),
        model_version: None,
        pitches: 12,
        last_pitch_at: "2025-07-04T18:15:00Z".to_owned(),
        as_of: Some(AsOf { pitches: 12, at: "2025-07-04T18:15:00Z".to_owned() }),
        presence: Some(Presence {
            state: PresenceState::OnMound,
            since: "2025-07-04T18:02:00Z".to_owned(),
            by: None,
            by_name: None,
            to: None,
            seen_until: None,
            unsure_since: None,
            last_named: None,
        }),
        verdict: Some(Verdict::Ready),
        verdict_absent: None,
        unseen: Vec::new(),
        unnamed_throws: 0,
        unnamed_from: None,
        unnamed_to: None,
        verdict_limits: VerdictLimits::default(),
    }
}

pub(crate) fn alert(id: u64) -> Alert {
    Alert {
        id,
        rule: "readiness".to_owned(),
        severity: Severity::Warning,
        pitcher: Some(PitcherId(1)),
        camera: None,
        message: "Readiness of Adam Ace is below 80".to_owned(),
        value: 78.0,
        limit: 80.0,
        raised_at: "2025-07-04T18:15:00Z".to_owned(),
        since: None,
        cleared_at: None,
        acknowledged_at: None,
        now: Some(78.0),
        cleared_because: None,
        mound: Some(MoundId(0)),
        audience: Audience::Coach,
    }
}

pub(crate) fn pitch(number: u64, pitcher: u32) -> PitchRecord {
    let release_ns = 1_751_652_900_000_000_000 + number * 20_000_000_000;
    PitchRecord {
        pitcher: Some(pitcher),
        release_ns,
        id: release_ns,
        game_date: "2025-07-04".to_owned(),
        game_pk: 777_001,
        at_bat_number: Some(1),
        pitch_number: u16::try_from(number).ok(),
        pitch_type: "FF".to_owned(),
        mound: 0,
        origin: Origin::Live,
        state: State::Final,
        revision: 0,
        values: Measured { release_speed: Some(95.1), ..Measured::default() },
        sd: None,
        cameras: 5,
        residual_px: Some(0.5),
        late_data_frac: 0.0,
        calibration_confidence: None,
        release_marked: true,
        flags: Vec::new(),
    }
}
