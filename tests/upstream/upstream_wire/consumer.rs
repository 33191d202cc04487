//! An example of what reads the fleet's stream: a durable consumer that puts documents into `PostgreSQL`.
//!
//! A batch is one transaction, and its messages are acknowledged when that is committed: what is read and not committed
//! comes again, and the primary key leaves out what is there. A real one would hold a connection instead of asking psql.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use futures_util::StreamExt;
use pitchguard::upstream::STREAM;
use serde_json::Value;

/// One row a summary; what the analytics ask for often gets a column or an index of its own.
pub(crate) const TABLE: &str = "
CREATE TABLE IF NOT EXISTS summary (
    box text NOT NULL, epoch text NOT NULL, sequence bigint NOT NULL,
    kind text NOT NULL, lane text NOT NULL, queued_at timestamptz NOT NULL, data jsonb NOT NULL,
    PRIMARY KEY (box, epoch, sequence)
);
CREATE INDEX IF NOT EXISTS summary_pitcher ON summary ((data->>'pitcher'), queued_at) WHERE kind = 'pitch';
";

/// Where psql finds the database.
pub(crate) struct Database {
    pub(crate) socket: String,
    pub(crate) port: u16,
}

impl Database {
    /// Runs SQL in one transaction; what it answers, without headers.
    pub(crate) fn run(&self, sql: &str) -> Result<String, String> {
        let mut psql = Command::new("psql")
            .args(["-X", "-q", "-A", "-t", "-1", "-v", "ON_ERROR_STOP=1", "-h", &self.socket])
            .args(["-p", &self.port.to_string(), "-U", "pitchguard", "postgres"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut input = psql.stdin.take().expect("piped");
        input.write_all(sql.as_bytes()).map_err(|error| error.to_string())?;
        drop(input);
        let done = psql.wait_with_output().map_err(|error| error.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) }
    }

    /// The documents in one transaction.
    pub(crate) fn keep(&self, documents: &[Value]) -> Result<(), String> {
        let mut sql = "CREATE TEMP TABLE came (LIKE summary) ON COMMIT DROP;\n\
                       COPY came FROM STDIN (FORMAT csv);\n"
            .to_owned();
        for document in documents {
            let field = |name: &str| match &document[name] {
                Value::String(text) => quoted(text),
                other => quoted(&other.to_string()),
            };
            let fields = ["box", "epoch", "sequence", "kind", "lane", "queued_at", "data"].map(field);
            writeln!(sql, "{}", fields.join(",")).expect("a String takes everything");
        }
        sql.push_str("\\.\nINSERT INTO summary SELECT * FROM came ON CONFLICT DO NOTHING;\n");
        self.run(&sql).map(drop)
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Takes what the stream holds for this consumer, up to `batches` batches; how many documents were committed.
pub(crate) async fn consume(context: &Context, database: &Database, batches: usize) -> Result<usize, String> {
    let settings = pull::Config {
        durable_name: Some("postgres".to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_secs(30),
        max_ack_pending: 1000,
        ..pull::Config::default()
    };
    let stream = context.get_stream(STREAM).await.map_err(|error| error.to_string())?;
    let consumer: PullConsumer =
        stream.get_or_create_consumer("postgres", settings).await.map_err(|error| error.to_string())?;
    let mut committed = 0;
    for _ in 0..batches {
        let batch = consumer.fetch().max_messages(500).messages().await.map_err(|error| error.to_string())?;
        let messages: Vec<_> = batch.filter_map(|message| async { message.ok() }).collect().await;
        if messages.is_empty() {
            break;
        }
        // What is no document is poison for the table, not for the consumer: it is acknowledged and left out.
        let documents: Vec<Value> =
            messages.iter().filter_map(|message| serde_json::from_slice(&message.payload).ok()).collect();
        database.keep(&documents)?;
        for message in &messages {
            message.ack().await.map_err(|error| error.to_string())?;
        }
        committed += documents.len();
    }
    Ok(committed)
}
