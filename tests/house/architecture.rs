//! The walls of ARCHITECTURE.md: which room may know which, what a pure room may not touch, where unsafe stands, how long files and
//! functions are, and that a room's `mod.rs` is its door and nothing else. The tables are read from the document itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::spanned::Spanned;
use syn::visit::Visit;

/// Lines of a file of `src/`, and of a function.
const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 120;
/// What touches the world: a pure room names none of it.
const WORLD: [&[&str]; 12] = [
    &["tokio"],
    &["axum"],
    &["heed"],
    &["sled"],
    &["rumqttc"],
    &["reqwest"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "thread"],
    &["std", "process"],
    &["std", "time", "SystemTime"],
    &["std", "time", "Instant"],
];
/// Rooms whose files form no circle.
const NO_CIRCLES: [&str; 4] = ["api", "pipeline", "reorder", "store"];

/// A file of `src/` under its path from there, as `store/read.rs`, without what is only compiled for tests.
type Sources = BTreeMap<String, String>;

/// The tables of ARCHITECTURE.md.
#[derive(Debug, Default, Clone)]
struct Plan {
    /// By room what it may know.
    knows: BTreeMap<String, BTreeSet<String>>,
    /// Rooms that touch no world, and of those the files that do.
    pure: BTreeMap<String, BTreeSet<String>>,
    /// Files with unsafe code.
    unsafe_files: BTreeSet<String>,
}

#[test]
fn the_walls_of_the_house_stand() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plan = plan_of(&fs::read_to_string(root.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there"));
    let (breaches, knows) = look(&sources(&root.join("src")), &plan);
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
    let idle: Vec<String> = plan
        .knows
        .iter()
        .flat_map(|(room, allowed)| allowed.iter().map(move |other| (room, other)))
        .filter(|(room, other)| !knows.get(*room).is_some_and(|known| known.contains(*other)))
        .map(|(room, other)| format!("ARCHITECTURE.md lets {room} know {other}, which it does not"))
        .collect();
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}

#[test]
fn each_kind_of_breach_is_told_with_its_file() {
    let plan = plan_of(
        "| room | knows | touches the world |\n|---|---|---|\n| `ids` | – | no |\n| `tracking` | `ids` | no, but in `tracking/disk.rs` |\n\
         | `store` | `ids` | yes |\n\nUnsafe code stands in `store/map.rs`.\n",
    );
    let told = |path: &str, text: &str| {
        let mut sources = Sources::from([("ids.rs".to_owned(), "pub struct Id;".to_owned())]);
        sources.insert(path.to_owned(), text.to_owned());
        look(&sources, &plan).0.join("\n")
    };
    let long = |lines: usize| format!("pub fn long() {{\n{}}}\n", "    work();\n".repeat(lines));
    for (path, text, says) in [
        ("tracking/fit.rs", "use crate::store::Store;", "tracking/fit.rs: tracking knows store"),
        ("tracking/fit.rs", "fn f() { crate::store::open() }", "tracking/fit.rs: tracking knows store"),
        ("tracking/fit.rs", "use super::super::store::Store;", "tracking/fit.rs: tracking knows store"),
        ("tracking/fit.rs", "use tokio::sync::mpsc;", "tracking/fit.rs: tokio in a pure room"),
        ("tracking/fit.rs", "use std::{fs, io};", "tracking/fit.rs: std::fs in a pure room"),
        (
            "tracking/fit.rs",
            "fn f() -> std::time::Instant { todo() }",
            "tracking/fit.rs: std::time::Instant in a pure room",
        ),
        ("tracking/fit.rs", "fn f() { unsafe { g() } }", "tracking/fit.rs: unsafe code"),
        ("tracking/fit.rs", "unsafe impl Send for A {}", "tracking/fit.rs: unsafe code"),
        ("tracking/fit.rs", &"\n".repeat(601), "tracking/fit.rs: 601 lines"),
        ("tracking/fit.rs", &long(120), "tracking/fit.rs: long has 122 lines"),
        ("tracking/mod.rs", "pub struct Fit;", "tracking/mod.rs: a façade holds no struct"),
        ("news.rs", "pub struct News;", "news: no row in ARCHITECTURE.md"),
    ] {
        let told = told(path, text);
        assert!(told.contains(says), "{path} with {text:.60} tells: {told}");
    }
    for (path, text) in [
        ("tracking/disk.rs", "use std::fs;"),
        ("tracking/fit.rs", "use crate::ids::Id;\n#[cfg(test)]\nmod tests { use crate::store::Store; use std::fs; }"),
        ("tracking/fit.rs", "/// Not `std::fs`, and no unsafe either.\npub fn f() {}"),
        ("store/map.rs", "fn f() { unsafe { g() } }"),
        ("store/map.rs", &long(118)),
        ("tracking/mod.rs", "mod fit;\npub use fit::Fit;"),
    ] {
        assert_eq!(told(path, text), "", "{path} with {text:.60}");
    }
}

#[test]
fn a_circle_of_files_is_told() {
    let plan = plan_of(
        "| room | knows | touches the world |\n|---|---|---|\n| `store` | – | yes |\n\nUnsafe code stands in `a.rs`.\n",
    );
    let sources = |read: &str| {
        Sources::from([
            ("store/mod.rs".to_owned(), "mod read;\nmod write;\npub use read::Found;".to_owned()),
            ("store/read.rs".to_owned(), read.to_owned()),
            ("store/write.rs".to_owned(), "use super::read::Found;".to_owned()),
        ])
    };
    assert_eq!(look(&sources("pub struct Found;"), &plan).0, [""; 0]);
    let told = look(&sources("use super::write::Put;"), &plan).0.join("\n");
    assert!(told.contains("a circle of files: store/read.rs, store/write.rs"), "{told}");
    let told = look(&sources("use super::Put;"), &plan).0.join("\n");
    assert!(told.contains("store/mod.rs, store/read.rs"), "who asks the façade stands in a circle with it: {told}");
}

/// Reads the tables, a row a room: its name, whom it knows, whether it touches the world and but in which files; and the line of
/// unsafe files.
fn plan_of(document: &str) -> Plan {
    let mut plan = Plan::default();
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = document.lines().skip_while(|line| !line.starts_with("| room | knows |")).skip(2);
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let [room, knows, world] = cells[..] else { panic!("a row of three cells: {row}") };
        for room in quoted(room) {
            plan.knows.insert(room.clone(), quoted(knows).into_iter().collect());
            if world.trim().starts_with("no") {
                plan.pure.insert(room, quoted(world).into_iter().collect());
            }
        }
    }
    let unsafe_line = document.lines().find(|line| line.starts_with("Unsafe code stands in "));
    plan.unsafe_files =
        quoted(unsafe_line.expect("a line that names the files with unsafe code")).into_iter().collect();
    plan
}

fn sources(src: &Path) -> Sources {
    let mut open: Vec<PathBuf> = vec![src.to_path_buf()];
    let mut sources = Sources::new();
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).expect("src reads") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(src).expect("below src").to_string_lossy().into_owned();
            if path.is_dir() && name != "tablet" {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs")
                && !name.ends_with("tests.rs")
                && name != "main.rs"
                && name != "lib.rs"
            {
                sources.insert(name, fs::read_to_string(&path).expect("a source reads"));
            }
        }
    }
    sources
}

/// What a file names, with the module that it is named in.
#[derive(Default)]
struct Named {
    /// The modules that what is read now stands in.
    modules: Vec<String>,
    /// Absolute paths: `crate` in front, or the name of a crate.
    paths: BTreeSet<Vec<String>>,
    has_unsafe: bool,
    functions: Vec<(String, usize)>,
}

impl Named {
    fn name(&mut self, segments: &[String]) {
        let mut at = self.modules.clone();
        let mut rest = segments;
        match segments.first().map(String::as_str) {
            Some("crate") => {
                at.clear();
                rest = &segments[1..];
            }
            Some("self" | "super") => {
                while let Some(first) = rest.first().filter(|first| ["self", "super"].contains(&first.as_str())) {
                    if first == "super" {
                        at.pop();
                    }
                    rest = &rest[1..];
                }
            }
            Some(_) => {
                self.paths.insert(segments.to_vec());
                return;
            }
            None => return,
        }
        let path = std::iter::once("crate".to_owned()).chain(at).chain(rest.iter().cloned());
        self.paths.insert(path.collect());
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(&path.tree, before);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item, before)),
            syn::UseTree::Glob(_) => self.name(before),
            syn::UseTree::Name(syn::UseName { ident }) | syn::UseTree::Rename(syn::UseRename { ident, .. }) => {
                before.push(ident.to_string());
                self.name(before);
                before.pop();
            }
        }
    }

    fn function(&mut self, name: &syn::Ident, span: proc_macro2::Span) {
        self.functions.push((name.to_string(), span.end().line - span.start().line + 1));
    }
}

/// Whether an item is compiled for tests only.
fn is_of_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Const(item) => &item.attrs,
        _ => &[],
    }
}

impl<'a> Visit<'a> for Named {
    fn visit_item(&mut self, item: &'a syn::Item) {
        if !is_of_tests(attributes(item)) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        self.modules.push(item.ident.to_string());
        syn::visit::visit_item_mod(self, item);
        self.modules.pop();
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.tree(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        if path.segments.len() > 1 {
            let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            self.name(&segments);
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_expr_unsafe(&mut self, block: &'a syn::ExprUnsafe) {
        self.has_unsafe = true;
        syn::visit::visit_expr_unsafe(self, block);
    }

    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        self.has_unsafe |= item.unsafety.is_some();
        syn::visit::visit_item_impl(self, item);
    }

    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        self.has_unsafe |= item.sig.unsafety.is_some();
        self.function(&item.sig.ident, item.span());
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.has_unsafe |= item.sig.unsafety.is_some();
        self.function(&item.sig.ident, item.span());
        syn::visit::visit_impl_item_fn(self, item);
    }
}

fn room_of(path: &str) -> &str {
    path.split('/').next().map_or(path, |first| first.strip_suffix(".rs").unwrap_or(first))
}

/// The modules that a file is, from the crate's root.
fn modules_of(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    path.strip_suffix("/mod").unwrap_or(path).split('/').map(str::to_owned).collect()
}

/// Every breach of the plan, a line each, and by room what it knows.
fn look(sources: &Sources, plan: &Plan) -> (Vec<String>, BTreeMap<String, BTreeSet<String>>) {
    let by_modules: BTreeMap<Vec<String>, &str> =
        sources.keys().map(|path| (modules_of(path), path.as_str())).collect();
    let mut told = BTreeSet::new();
    let mut arrows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources {
        let room = room_of(path);
        let known = known.entry(room.to_owned()).or_default();
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            told.insert(format!("{path}: {lines} lines, at most {FILE_LINES_MAX}"));
        }
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        if path.ends_with("/mod.rs") && path.matches('/').count() == 1 {
            told.extend(file.items.iter().filter_map(|item| not_of_a_facade(path, item)));
        }
        let mut named = Named { modules: modules_of(path), ..Named::default() };
        named.visit_file(&file);
        if named.has_unsafe && !plan.unsafe_files.contains(path) {
            told.insert(format!("{path}: unsafe code, where ARCHITECTURE.md names no such file"));
        }
        for (function, lines) in named.functions.iter().filter(|(_, lines)| *lines > FUNCTION_LINES_MAX) {
            told.insert(format!("{path}: {function} has {lines} lines, at most {FUNCTION_LINES_MAX}"));
        }
        let Some(knows) = plan.knows.get(room) else {
            told.insert(format!("{room}: no row in ARCHITECTURE.md"));
            continue;
        };
        let is_pure = plan.pure.get(room).is_some_and(|edges| !edges.contains(path));
        for named in &named.paths {
            let own = named.first().is_some_and(|first| first == "crate");
            if let (true, Some(other)) = (own, named.get(1))
                && other != room
                && (plan.knows.contains_key(other) || by_modules.contains_key(&named[1..2]))
            {
                known.insert(other.clone());
                if !knows.contains(other) {
                    told.insert(format!(
                        "{path}: {room} knows {other}, which its row in ARCHITECTURE.md does not allow"
                    ));
                }
            }
            let world =
                WORLD.iter().find(|world| named.len() >= world.len() && named.iter().zip(**world).all(|(a, b)| a == b));
            if let Some(world) = world.filter(|_| is_pure) {
                told.insert(format!("{path}: {} in a pure room", world.join("::")));
            }
            if own && NO_CIRCLES.contains(&room) {
                let to = (2..=named.len()).rev().find_map(|length| by_modules.get(&named[1..length]));
                let to = to.filter(|to| room_of(to) == room && **to != path);
                arrows.entry(path).or_default().extend(to);
            }
        }
        if path.ends_with("/mod.rs") {
            let modules = file.items.iter().filter_map(|item| match item {
                syn::Item::Mod(item) if !is_of_tests(&item.attrs) => Some(item.ident.to_string()),
                _ => None,
            });
            for module in modules {
                let child: Vec<String> = modules_of(path).into_iter().chain([module]).collect();
                arrows.entry(path).or_default().extend(by_modules.get(&child));
            }
        }
    }
    told.extend(circles(&arrows));
    (told.into_iter().collect(), known)
}

/// What a façade does not hold: anything but modules, what it re-exports, and its paragraph.
fn not_of_a_facade(path: &str, item: &syn::Item) -> Option<String> {
    let what = match item {
        syn::Item::Mod(_) | syn::Item::Use(_) => return None,
        syn::Item::Struct(_) => "struct",
        syn::Item::Enum(_) => "enum",
        syn::Item::Fn(_) => "function",
        syn::Item::Impl(_) => "impl",
        syn::Item::Trait(_) => "trait",
        syn::Item::Const(_) | syn::Item::Static(_) => "constant",
        _ => "item",
    };
    Some(format!("{path}: a façade holds no {what}"))
}

/// Files that reach each other, a line for each such knot.
fn circles(arrows: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let mut reach: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for from in arrows.keys() {
        let (mut seen, mut open) = (BTreeSet::new(), vec![*from]);
        while let Some(at) = open.pop() {
            open.extend(arrows.get(at).into_iter().flatten().filter(|to| seen.insert(**to)));
        }
        reach.insert(from, seen);
    }
    let mut knots = BTreeSet::new();
    for (from, to) in &reach {
        let knot: BTreeSet<&str> =
            to.iter().filter(|other| reach.get(**other).is_some_and(|back| back.contains(from))).copied().collect();
        if knot.len() > 1 {
            knots.insert(knot);
        }
    }
    knots
        .into_iter()
        .map(|knot| format!("a circle of files: {}", knot.into_iter().collect::<Vec<_>>().join(", ")))
        .collect()
}
