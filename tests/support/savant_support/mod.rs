//! A Savant-compatible source on this machine that fails as a test tells it to.
#![allow(dead_code, unreachable_pub)] // each test binary uses its own part

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

const HEADER: &str = "pitch_type,game_date,release_speed,player_name,batter,pitcher,description,game_type,p_throws,\
    home_team,away_team,inning_topbot,game_pk,at_bat_number,pitch_number";

/// What the source does with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Answers with the day's pitches.
    Good,
    /// Answers with this status.
    Status(u16),
    /// 429 with `Retry-After`, seconds.
    Later(u32),
    /// Accepts and never answers.
    Hangs,
    /// Hangs up at once.
    Closes,
    /// Says how long the body is and ends before.
    CutByLength,
    /// Ends the body within its last row, of which no length tells.
    CutInRow,
    /// A page for people, as CSV.
    Garbage,
    /// A page for people, as what it is.
    Html,
    /// A byte now and then.
    Trickles,
    /// Says 200 and nothing more.
    Empty,
    /// More rows than are ever sent.
    TooMany,
    /// The header and nothing more.
    HeaderOnly,
    /// The pitches of the day before.
    OtherDay,
    /// One column, `error`.
    Error,
    /// JSON that says what went wrong.
    Json,
    /// Rows of which none says its game.
    NoGame,
    /// The day's pitches without the first of an at-bat.
    Part,
}

/// The running source.
pub struct Source {
    pub url: String,
    acts: Arc<Mutex<VecDeque<Act>>>,
    asked: Arc<Mutex<Vec<(String, Instant)>>>,
}

impl Source {
    /// Does these one after the other, then answers well.
    pub fn start(acts: &[Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let acts = Arc::new(Mutex::new(acts.iter().copied().collect::<VecDeque<_>>()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let source = Self { url, acts: Arc::clone(&acts), asked: Arc::clone(&asked) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (acts, asked) = (Arc::clone(&acts), Arc::clone(&asked));
                // A client that hangs up early is the client's business.
                std::thread::spawn(move || drop(serve(stream, &acts, &asked)));
            }
        });
        source
    }

    pub fn then(&self, acts: &[Act]) {
        self.acts.lock().expect("nobody panics with it").extend(acts);
    }

    /// The days asked for, in order.
    pub fn days(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panics with it").iter().map(|(day, _)| day.clone()).collect()
    }

    /// Time between two requests.
    pub fn between(&self, first: usize, second: usize) -> Duration {
        let asked = self.asked.lock().expect("nobody panics with it");
        asked[second].1 - asked[first].1
    }
}

/// Three pitches of that day.
pub fn body(day: &str) -> String {
    let game: u32 = day.replace('-', "").parse::<u32>().expect("digits") - 20_000_000;
    let mut text = format!("{HEADER}\n");
    for n in 1..=3 {
        let batter = 900 + n;
        writeln!(text, "FF,{day},9{n}.5,\"Doe, Jo\",{batter},7,ball,R,L,STL,CHC,Top,{game},{n},1")
            .expect("writing to a string cannot fail");
    }
    text
}

fn serve(
    mut stream: TcpStream,
    acts: &Mutex<VecDeque<Act>>,
    asked: &Mutex<Vec<(String, Instant)>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let day = line.split("game_date_gt=").nth(1).and_then(|rest| rest.get(..10)).unwrap_or("").to_owned();
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
    }
    asked.lock().expect("nobody panics with it").push((day.clone(), Instant::now()));
    let act = acts.lock().expect("nobody panics with it").pop_front().unwrap_or(Act::Good);
    let good = body(&day);
    let head = |kind: &str, length: usize| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
    };
    let csv = "text/csv; charset=utf-8";
    let page = "<html><body>We are down for maintenance.</body></html>";
    let all = match act {
        Act::Good => head(csv, good.len()) + &good,
        Act::Status(status) => format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        Act::Later(s) => {
            format!("HTTP/1.1 429 Slow down\r\nRetry-After: {s}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        Act::Hangs => {
            sleep(Duration::from_secs(20));
            String::new()
        }
        Act::Closes => String::new(),
        Act::CutByLength => head(csv, good.len()) + &good[..good.len() - 60],
        Act::CutInRow => {
            let end = good.len() - 12;
            format!("HTTP/1.1 200 OK\r\nContent-Type: {csv}\r\nConnection: close\r\n\r\n{}", &good[..end])
        }
        Act::Garbage => head(csv, page.len()) + page,
        Act::Html => head("text/html", page.len()) + page,
        Act::Trickles => {
            stream.write_all(head(csv, good.len()).as_bytes())?;
            for byte in good.as_bytes() {
                stream.write_all(&[*byte])?;
                sleep(Duration::from_millis(100));
            }
            String::new()
        }
        Act::Empty => head(csv, 0),
        Act::HeaderOnly => head(csv, HEADER.len() + 1) + HEADER + "\n",
        Act::OtherDay => {
            let other = body("2023-06-30");
            head(csv, other.len()) + &other
        }
        Act::Error => {
            let error = "error\n\"Too many results, narrow it\"\n";
            head(csv, error.len()) + error
        }
        Act::Json => {
            let said = "{\"error\": \"rate limited\"}";
            head("application/json", said.len()) + said
        }
        Act::NoGame | Act::Part => {
            let bad = if act == Act::Part { good.replace(",2,1\n", ",2,2\n") } else { good.replace(",Top,", ",Top,x") };
            head(csv, bad.len()) + &bad
        }
        Act::TooMany => {
            let row = good.lines().nth(1).expect("a row");
            let many = format!("{HEADER}\n{}", format!("{row}\n").repeat(25_000));
            head(csv, many.len()) + &many
        }
    };
    stream.write_all(all.as_bytes())
}
