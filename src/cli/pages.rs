//! What the manual pages say beyond the arguments: exit statuses, files, examples.

/// One page's further sections.
pub(super) struct Page {
    /// The verb; empty for the program's own page.
    pub(super) verb: &'static str,
    /// Statuses besides those of [`EXIT`], or with a meaning of their own.
    pub(super) exit: &'static [(&'static str, &'static str)],
    /// Files that it reads or writes.
    pub(super) files: &'static [File],
    /// Commands, and what each does.
    pub(super) examples: &'static [(&'static str, &'static str)],
}

/// A file, and what it is.
type File = (&'static str, &'static str);

/// Exit statuses that mean the same with every verb.
pub(super) const EXIT: [(&str, &str); 4] = [
    ("0", "Done."),
    ("1", "Not done, or not all of it; standard error says what is missing, and why."),
    ("2", "The command line cannot be used; standard error says what to write instead."),
    ("78", "The configuration cannot be used; standard error lists every error in it with its place."),
];

const CONFIG: File = ("/etc/pitchguard/pitchguard.toml", "The configuration, where --config names no other.");
const VENUE: File = ("/etc/pitchguard/venues/busch_iii.toml", "The ballpark's cameras, mounds and landmarks.");
const STORE: File =
    ("/var/lib/pitchguard", "The store: database, journal, backups, kept configurations ([store] path).");
const SOCKET: File = (
    "/run/pitchguard/control.sock",
    "Where a running daemon takes work from the command line ([store] control_socket); control.sock in the store's \
     directory where nothing is said.",
);
const KEYS: File = ("/etc/credstore/pitchguard.frame-keys", "Keys of signed frames ([ingest] keys_file).");
const BACKUPS: File = ("/var/lib/pitchguard/backups", "Backups ([store] backup_dir).");
const PROVEN: File = ("/var/lib/pitchguard/proven", "The last two configurations that the daemon was ready with.");

/// The pages.
pub(super) const PAGES: &[Page] = &[
    Page {
        verb: "",
        exit: &[],
        files: &[CONFIG, VENUE, STORE, SOCKET, KEYS],
        examples: &[
            ("pitchguard demo", "A stadium and the daemon together, on a store that is removed at the end."),
            ("pitchguard check-config", "Whether the configuration can be used, and every error in it."),
            ("pitchguard status", "How the running daemon does."),
        ],
    },
    Page {
        verb: "run",
        exit: &[
            ("1", "It cannot start, or lost a part that it cannot do without."),
            ("78", "The configuration cannot be used; or the database: restore a backup. Trying again cannot help."),
        ],
        files: &[CONFIG, VENUE, STORE, SOCKET, KEYS],
        examples: &[("pitchguard --config my.toml run", "The daemon on another configuration, until Ctrl-C.")],
    },
    Page {
        verb: "demo",
        exit: &[(
            "1",
            "A pitch was missed or invented, a frame is not accounted for, or an expected alert did not come.",
        )],
        files: &[(CONFIG.0, "Read where --config names it only: a demo runs on defaults.")],
        examples: &[
            ("pitchguard demo", "A game, as fast as the wall; the pages are at the address that it prints."),
            ("pitchguard demo --scenario closer", "A closer who tires within a minute."),
            ("pitchguard demo --fast", "A whole game in seconds, compared with what was thrown."),
        ],
    },
    Page {
        verb: "simulate",
        exit: &[("0", "The evening is over, or somebody interrupted it.")],
        files: &[VENUE, (SOCKET.0, "Where --history brings the pitchers and their season.")],
        examples: &[
            (
                "pitchguard simulate --history",
                "A game for the daemon on this machine, with its people and their season.",
            ),
            (
                "pitchguard simulate --silent 5@600+120",
                "Camera 5 sends nothing for two minutes, ten minutes after the start.",
            ),
            ("pitchguard simulate --statcast savant.csv", "Published pitches, thrown again."),
        ],
    },
    Page {
        verb: "load-test",
        exit: &[("1", "A client was dropped because it was slow, or the box refused or failed one.")],
        files: &[],
        examples: &[
            (
                "pitchguard load-test --pitchers 25 --rate 100",
                "Serves 25 invented pitchers, 100 updates a second, to try tablets against.",
            ),
            (
                "pitchguard load-test --url http://10.0.7.2:8080 --clients 40 --seconds 60",
                "Is forty tablets of a box for a minute.",
            ),
        ],
    },
    Page {
        verb: "import",
        exit: &[("1", "A file could not be read, or no row of one was taken; what came of the others stays.")],
        files: &[CONFIG, STORE, SOCKET],
        examples: &[
            ("pitchguard import savant 2025.csv 2026.csv", "Pitches; a file may be imported again at will."),
            ("pitchguard import injuries il-2026.csv", "Placements, before the appearances whose names they tell."),
            ("pitchguard import roster roster.csv", "Names, clubs and roles."),
        ],
    },
    Page {
        verb: "fetch",
        exit: &[("1", "A day did not come; it and the days after it are fetched by the next attempt.")],
        files: &[CONFIG, STORE, SOCKET],
        examples: &[
            ("pitchguard fetch savant --from 2026-06-01 --to 2026-06-11", "The pitches of these days."),
            (
                "pitchguard fetch savant --again 2026-06-01 2026-06-03",
                "The same anew, where scorers have corrected them.",
            ),
        ],
    },
    Page {
        verb: "etl",
        exit: &[("1", "A day did not come; the rest is done with what is there.")],
        files: &[CONFIG, STORE, SOCKET],
        examples: &[
            ("pitchguard etl", "What the daily timer does."),
            ("pitchguard etl --no-fetch", "The same without asking anybody: after an import."),
        ],
    },
    Page {
        verb: "train",
        exit: &[("1", "Nothing was trained: too few years, or a file that cannot be read.")],
        files: &[CONFIG, STORE, SOCKET],
        examples: &[
            ("pitchguard train", "From the store's games and injury reports; it does not serve before it is promoted."),
            ("pitchguard train --dry-run --test-year 2025", "Tells how a model would do, and keeps nothing."),
        ],
    },
    Page {
        verb: "model",
        exit: &[("1", "There is no such model, or it cannot serve.")],
        files: &[CONFIG, STORE, SOCKET],
        examples: &[
            ("pitchguard model list", "All models; the one that serves has a star."),
            ("pitchguard model promote 20261129t120000z-2025", "Lets that one serve, at once."),
            (
                "pitchguard model retire",
                "None serves: no risk is told until one is promoted, or `pitchguard model rollback`.",
            ),
            ("pitchguard model evaluate --year 2026", "How the serving one did on a year."),
        ],
    },
    Page {
        verb: "replay",
        exit: &[("1", "The journal cannot be read, or has nothing of the interval.")],
        files: &[CONFIG, VENUE, ("/var/lib/pitchguard/journal", "The journal ([journal] path).")],
        examples: &[(
            "pitchguard replay --from 2026-06-11T19:15:00Z --to 2026-06-11T19:20:00Z",
            "Five minutes once more, a line of JSON a result.",
        )],
    },
    Page {
        verb: "outbox",
        exit: &[],
        files: &[CONFIG, STORE, SOCKET],
        examples: &[
            ("pitchguard outbox list", "What waits for the cloud, and what it refused."),
            ("pitchguard outbox requeue", "Offers what was refused once more."),
        ],
    },
    Page {
        verb: "status",
        exit: &[
            ("0", "The daemon is ready."),
            ("1", "It is not ready; its report says which part."),
            ("2", "No daemon answers."),
            ("3", "It works, and somebody should look."),
        ],
        files: &[CONFIG, (STORE.0, "Whoever may read it is let in without a key.")],
        examples: &[
            ("pitchguard status", "For people; the first line is the verdict."),
            ("pitchguard status --json", "For programs."),
        ],
    },
    Page {
        verb: "backup",
        exit: &[("1", "No backup was kept.")],
        files: &[CONFIG, STORE, SOCKET, BACKUPS],
        examples: &[(
            "pitchguard backup --to /mnt/backups",
            "Into another directory, which the daemon must be allowed to write.",
        )],
    },
    Page {
        verb: "restore",
        exit: &[("1", "It was not put into place; the database that was there stays.")],
        files: &[CONFIG, STORE, BACKUPS],
        examples: &[(
            "pitchguard restore --replace pitchguard-20261129T110000Z.mdb",
            "Into the place of the database, which is kept beside it. The daemon must be stopped.",
        )],
    },
    Page {
        verb: "verify",
        exit: &[("1", "It is not whole.")],
        files: &[BACKUPS],
        examples: &[("pitchguard verify pitchguard-20261129T110000Z.mdb", "Reads every record of it.")],
    },
    Page {
        verb: "retention",
        exit: &[],
        files: &[CONFIG, STORE, SOCKET],
        examples: &[("pitchguard retention --dry-run", "Counts what is older than it may be.")],
    },
    Page {
        verb: "key",
        exit: &[("1", "The key cannot be made, or is not there.")],
        files: &[CONFIG, STORE, SOCKET],
        examples: &[
            ("pitchguard key add --name tablet --expires 2027-11-30", "Makes a key and shows it, this once."),
            ("pitchguard key revoke tablet", "It admits nobody any more, at once."),
        ],
    },
    Page {
        verb: "source",
        exit: &[("1", "The source has no mark.")],
        files: &[CONFIG, STORE, SOCKET],
        examples: &[
            ("pitchguard source list", "How far each source has come, and which were forgotten when."),
            ("pitchguard source reset 7", "For camera 7, whose clock was ahead: its frames are taken again."),
        ],
    },
    Page {
        verb: "diag",
        exit: &[("1", "The archive cannot be written.")],
        files: &[CONFIG, STORE, (KEYS.0, "Read to blank the keys wherever they stand.")],
        examples: &[("pitchguard diag", "An archive in this directory. Look through it before you send it.")],
    },
    Page {
        verb: "check-config",
        exit: &[],
        files: &[CONFIG, VENUE, KEYS],
        examples: &[("pitchguard --config new.toml check-config", "Before it takes the other one's place.")],
    },
    Page {
        verb: "config",
        exit: &[],
        files: &[CONFIG],
        examples: &[("pitchguard config show", "Every value with where it came from.")],
    },
    Page {
        verb: "rollback",
        exit: &[("1", "Nothing is kept, or what is kept is no good.")],
        files: &[CONFIG, VENUE, PROVEN],
        examples: &[
            ("pitchguard rollback config", "The configuration that worked; systemctl restart pitchguard runs with it."),
            ("pitchguard rollback model", "The risk model that served before, while the daemon runs."),
        ],
    },
];
