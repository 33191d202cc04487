//! Whether every page of a database's file is what LMDB takes it for: its trees followed by plain reads.
//!
//! LMDB maps its file and trusts it: a page beyond the file's end is a fault of memory, a wrong pointer leads anywhere, a key
//! out of order hides what lies behind it, and a page that is in use and free at once is overwritten. So all of it is looked
//! at before anything is mapped: what the newest header's trees lead to (the free list's, the table of tables', each table's,
//! and the runs of pages that hold large values), the order of keys, what the trees say of themselves, and that every page
//! is in use once or free once.
//!
//! Pages lie in no order of their trees. A large file that is not in memory yet is read once from its beginning to its end before
//! the trees are followed, where memory has room for it: a disk does that ten times as fast.
//!
//! The header counts the pages that were ever given out, and that is no measure of the file: pages that a transaction took
//! and gave back before it was committed are never written, so that a whole file may end before the last of them.
//!
//! The format, in the machine's own byte order, is that of `mdb.c` (data version 1) on a machine of 64 bits:
//!
//! | what | where |
//! |---|---|
//! | page | number u64, key size u16, flags u16, then where free space begins u16 and ends u16, or the length of a run u32 |
//! | header | on pages 0 and 1, behind that: magic, version u32, address, map size u64, two trees, last page, transaction u64 |
//! | tree | page size or key size u32, flags u16, depth u16, pages of branches, leaves and runs, entries, root u64 |
//! | node | length or child u32, flags or the child's upper bits u16, key length u16, key, value |
//! | value of the free list | how many u64, so many numbers of pages u64 |
//!
//! A run may be longer than its value needs: a shorter value that replaces it within one transaction keeps the run.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

const PAGE_HEADER: usize = 16;
const NODE_HEADER: usize = 8;
const MAGIC: u32 = 0xBEEF_C0DE;
const VERSION: u32 = 1;
/// LMDB takes no other sizes of a page.
const PAGE_SIZES: std::ops::RangeInclusive<usize> = 512..=32_768;
/// Magic to transaction.
const META: usize = 136;
const TREE: usize = 48;
/// The root of a tree that is empty.
const NO_PAGE: u64 = u64::MAX;
/// A file from this size on is read in its own order first, bytes …
const READ_THROUGH_FROM: u64 = 64 << 20;
/// … in pieces of so many.
const PIECE_BYTES: usize = 1 << 20;
/// LMDB's own bound of a tree's depth.
const DEPTH_MAX: u16 = 32;

const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;
const OVERFLOW: u16 = 0x04;
const META_PAGE: u16 = 0x08;
/// The value is in a run of pages.
const BIG_DATA: u16 = 0x01;
/// The value is a tree.
const SUB_TREE: u16 = 0x02;

/// Why a file's pages are not whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum PagesError {
    /// The file.
    #[error(transparent)]
    File(#[from] io::Error),
    /// It is not LMDB's.
    #[error("{0}")]
    Foreign(&'static str),
    /// A page in use lies beyond its end.
    #[error("it is cut short: what it holds reaches to {end} bytes at least")]
    Missing {
        /// Where the first one that was met would end, bytes.
        end: u64,
    },
    /// A page in use is another than it should be.
    #[error("page {page} {why}")]
    Damaged {
        /// Its number.
        page: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Its parts contradict each other.
    #[error("{0}")]
    Inconsistent(&'static str),
}

/// What a file holds, by its pages.
#[derive(Debug)]
pub(super) struct Pages {
    /// How many are in use, the two headers among them.
    #[cfg(test)]
    pub(super) used: u64,
    /// The names of its tables.
    pub(super) tables: Vec<Vec<u8>>,
}

/// Follows the trees of the newest header. Of a large file `looking` hears how far that has come, percent.
pub(super) fn check(file: &File, looking: &dyn Fn(u8)) -> Result<Pages, PagesError> {
    let bytes = file.metadata()?.len();
    let headers = headers(file, bytes)?;
    let Meta { page_size, last_page, .. } = headers[0];
    let pages = bytes / u64::from(page_size);
    let is_large = bytes >= READ_THROUGH_FROM;
    let reads_through = is_large && room_in_memory().is_some_and(|room| bytes <= room / 2);
    let mut way = Way { done: 0, all: bytes, told: 0, looking: is_large.then_some(looking) };
    if reads_through {
        way.all = bytes.saturating_mul(2);
        read_through(file, &mut way);
    }
    let mut walk = Walk {
        file,
        page_size: page_size as usize,
        way,
        pages,
        given_out: last_page.saturating_add(1),
        // Bounded by the file: a bit a page.
        seen: vec![0; usize::try_from(pages.div_ceil(64)).unwrap_or(usize::MAX)],
        used: 2,
        free: Vec::new(),
        tables: Vec::new(),
    };
    for header in &headers {
        walk.is_of_its_transaction(header)?;
    }
    let [free, main] = headers[0].trees;
    walk.tree(free, Kind::Free)?;
    walk.tree(main, Kind::Main)?;
    let tables = std::mem::take(&mut walk.tables);
    for (_, tree) in &tables {
        walk.tree(*tree, Kind::Table)?;
    }
    walk.account()?;
    Ok(Pages {
        #[cfg(test)]
        used: walk.used,
        tables: tables.into_iter().map(|(name, _)| name).collect(),
    })
}

/// Brings a file into the system's cache, in its own order. What cannot be read is told of by who looks for it.
fn read_through(file: &File, way: &mut Way<'_>) {
    let mut piece = vec![0; PIECE_BYTES];
    let mut at = 0;
    while let Ok(read @ 1..) = file.read_at(&mut piece, at) {
        at += read as u64;
        way.go(read as u64);
    }
}

/// How far the look through a file has come, bytes.
struct Way<'l> {
    done: u64,
    all: u64,
    /// What was told last, percent.
    told: u8,
    /// Who hears of it; none where it takes no time.
    looking: Option<&'l dyn Fn(u8)>,
}

impl Way<'_> {
    fn go(&mut self, bytes: u64) {
        self.done = self.done.saturating_add(bytes);
        let percent = u8::try_from(u128::from(self.done) * 100 / u128::from(self.all.max(1))).unwrap_or(100).min(100);
        if let Some(looking) = self.looking.filter(|_| percent > self.told) {
            self.told = percent;
            looking(percent);
        }
    }
}

/// What the system could use as cache, bytes.
fn room_in_memory() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// What a header says.
struct Meta {
    page_size: u32,
    trees: [Tree; 2],
    last_page: u64,
    txn: u64,
}

/// What a tree's record says of it.
#[derive(Clone, Copy)]
struct Tree {
    flags: u16,
    depth: u16,
    holds: Holds,
    root: u64,
}

/// What a tree holds: pages by their kind, and entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Holds {
    branches: u64,
    leaves: u64,
    in_runs: u64,
    entries: u64,
}

impl Tree {
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let holds = Holds {
            branches: u64_at(bytes, at + 8)?,
            leaves: u64_at(bytes, at + 16)?,
            in_runs: u64_at(bytes, at + 24)?,
            entries: u64_at(bytes, at + 32)?,
        };
        let (flags, depth) = (u16_at(bytes, at + 4)?, u16_at(bytes, at + 6)?);
        Some(Self { flags, depth, holds, root: u64_at(bytes, at + 40)? })
    }
}

/// What a tree's entries are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Free pages by the transaction that let them go; its keys are numbers.
    Free,
    /// Tables by name.
    Main,
    /// Records.
    Table,
}

impl Kind {
    fn order(self, a: &[u8], b: &[u8]) -> Ordering {
        if self == Self::Free { u64_at(a, 0).cmp(&u64_at(b, 0)) } else { a.cmp(b) }
    }
}

/// The two headers, first the one that was written last, as LMDB itself chooses.
fn headers(file: &File, bytes: u64) -> Result<[Meta; 2], PagesError> {
    let first = meta(file, bytes, 0)?;
    let second = meta(file, bytes, u64::from(first.page_size))?;
    if first.page_size != second.page_size {
        return Err(PagesError::Inconsistent("its two headers know different sizes of a page"));
    }
    // Transactions write them in turn, the odd ones the second; a new file has had none.
    let follow = |older: u64, newer: u64, parity: u64| newer == older + 1 && newer % 2 == parity;
    let in_turn = match second.txn.cmp(&first.txn) {
        Ordering::Greater => follow(first.txn, second.txn, 1),
        Ordering::Less => follow(second.txn, first.txn, 0),
        Ordering::Equal => first.txn == 0,
    };
    if !in_turn {
        return Err(PagesError::Inconsistent("its two headers are not of transactions that follow each other"));
    }
    Ok(if second.txn > first.txn { [second, first] } else { [first, second] })
}

fn meta(file: &File, bytes: u64, at: u64) -> Result<Meta, PagesError> {
    let mut page = [0; PAGE_HEADER + META];
    if at + page.len() as u64 > bytes {
        return Err(PagesError::Foreign("it ends within its header"));
    }
    file.read_exact_at(&mut page, at)?;
    let meta = &page[PAGE_HEADER..];
    let flags = u16_at(&page, 10);
    if flags.is_none_or(|flags| flags & META_PAGE == 0) || u32_at(meta, 0) != Some(MAGIC) {
        return Err(PagesError::Foreign("it does not begin as one"));
    }
    if u32_at(meta, 4) != Some(VERSION) {
        return Err(PagesError::Foreign("LMDB has written it in another format"));
    }
    let page_size = u32_at(meta, 24).filter(|size| PAGE_SIZES.contains(&(*size as usize)) && size.is_power_of_two());
    let trees = (Tree::read(meta, 24), Tree::read(meta, 24 + TREE));
    let numbers = (u64_at(meta, 120), u64_at(meta, 128));
    let (Some(page_size), (Some(free), Some(main)), (Some(last_page), Some(txn))) = (page_size, trees, numbers) else {
        return Err(PagesError::Foreign("its header makes no sense"));
    };
    Ok(Meta { page_size, trees: [free, main], last_page, txn })
}

struct Walk<'f> {
    file: &'f File,
    page_size: usize,
    way: Way<'f>,
    /// Whole pages of the file.
    pages: u64,
    /// Pages that were ever given out, by the header.
    given_out: u64,
    /// Pages that were met, a bit each.
    seen: Vec<u64>,
    used: u64,
    /// Pages that the free list tells of.
    free: Vec<u64>,
    tables: Vec<(Vec<u8>, Tree)>,
}

/// A page that a tree leads to: how many levels it has from there, and the keys between which its own are.
struct Below {
    page: u64,
    level: u16,
    from: Option<Vec<u8>>,
    to: Option<Vec<u8>>,
}

/// An entry of a page.
struct Node<'b> {
    length: u32,
    flags: u16,
    key: &'b [u8],
    /// All that follows the key.
    rest: &'b [u8],
}

impl Node<'_> {
    /// The page that a branch's entry leads to.
    fn child(&self) -> u64 {
        u64::from(self.length) | u64::from(self.flags) << 32
    }
}

impl Walk<'_> {
    /// Sees that a header's transaction is the last one that its own free list has pages of: each lets pages go, but for the
    /// one that a new file or a copy begins with. A header with another number would show the database as it was before.
    fn is_of_its_transaction(&self, header: &Meta) -> Result<(), PagesError> {
        match self.last_let_go(&header.trees[0]) {
            Ok(last) if last != (header.txn > 1).then_some(header.txn) => {
                Err(PagesError::Inconsistent("a header is not of the transaction that it says"))
            }
            // Pages of the older header that do not read are in no use; the newest one's are told of by its trees.
            _ => Ok(()),
        }
    }

    /// The last transaction of a free list, where its pages read; none where it is empty.
    fn last_let_go(&self, tree: &Tree) -> Result<Option<u64>, PagesError> {
        let outside = |page| damaged(page, "has an entry that is not within it");
        let (mut page, mut level) = (tree.root, tree.depth.min(DEPTH_MAX));
        let mut buffer = vec![0; self.page_size];
        while page != NO_PAGE {
            let (flags, bytes) = self.read(page, &mut buffer)?;
            let nodes = self.nodes(bytes).ok_or(outside(page))?;
            let last = nodes.last().ok_or(outside(page))?;
            match (level, flags) {
                (1, LEAF) => return Ok(u64_at(last.key, 0)),
                (2.., BRANCH) => (page, level) = (last.child(), level - 1),
                _ => return Err(damaged(page, "is no page of its tree's level")),
            }
        }
        Ok(None)
    }

    fn tree(&mut self, tree: Tree, kind: Kind) -> Result<(), PagesError> {
        // Flags ask for another order of keys, or for several values a key. The free list's hold the environment's own.
        if kind != Kind::Free && tree.flags != 0 {
            return Err(PagesError::Inconsistent("a tree has an order of keys that none of its tables has"));
        }
        let mut holds = Holds::default();
        if tree.root != NO_PAGE {
            if tree.depth == 0 || tree.depth > DEPTH_MAX {
                return Err(damaged(tree.root, "is the root of a tree of no possible depth"));
            }
            let mut below = vec![Below { page: tree.root, level: tree.depth, from: None, to: None }];
            let mut buffer = vec![0; self.page_size];
            while let Some(next) = below.pop() {
                self.page(&next, kind, &mut buffer, &mut below, &mut holds)?;
            }
        }
        if holds == tree.holds {
            Ok(())
        } else {
            Err(PagesError::Inconsistent("a tree holds another number of pages or entries than it says"))
        }
    }

    /// Takes a run of pages as in use.
    fn take(&mut self, first: u64, count: u64) -> Result<(), PagesError> {
        let end = first.saturating_add(count);
        if end > self.pages {
            return Err(PagesError::Missing { end: end.saturating_mul(self.page_size as u64) });
        }
        if end > self.given_out {
            return Err(damaged(end - 1, "is in use, and was never given out"));
        }
        for page in first..end {
            let (word, bit) = ((page / 64) as usize, 1 << (page % 64));
            if page < 2 || self.seen[word] & bit != 0 {
                return Err(damaged(page, "is in use twice"));
            }
            self.seen[word] |= bit;
        }
        self.used += count;
        self.way.go(count.saturating_mul(self.page_size as u64));
        Ok(())
    }

    /// Reads the beginning of a page, and sees that it is the page with that number.
    fn read<'b>(&self, page: u64, buffer: &'b mut [u8]) -> Result<(u16, &'b [u8]), PagesError> {
        self.file.read_exact_at(buffer, page.saturating_mul(self.page_size as u64))?;
        if u64_at(buffer, 0) != Some(page) {
            return Err(damaged(page, "holds something else"));
        }
        Ok((u16_at(buffer, 10).unwrap_or_default(), buffer))
    }

    /// Takes a page of a tree, looks at its entries, and notes where it leads.
    fn page(
        &mut self,
        at: &Below,
        kind: Kind,
        buffer: &mut [u8],
        below: &mut Vec<Below>,
        holds: &mut Holds,
    ) -> Result<(), PagesError> {
        let page = at.page;
        self.take(page, 1)?;
        let (flags, bytes) = self.read(page, buffer)?;
        let is_leaf = at.level == 1;
        if flags != if is_leaf { LEAF } else { BRANCH } {
            return Err(damaged(page, "is no page of its tree's level"));
        }
        let nodes = self.nodes(bytes).ok_or(damaged(page, "has an entry that is not within it"))?;
        if nodes.len() < if is_leaf { 1 } else { 2 } {
            return Err(damaged(page, "has too few entries"));
        }
        // A branch's first key is not looked at: what is smaller than the second lies below it.
        let keys = &nodes[usize::from(!is_leaf)..];
        let in_order = keys.windows(2).all(|pair| kind.order(pair[0].key, pair[1].key).is_lt());
        let begins = at.from.as_ref().is_none_or(|from| kind.order(from, keys[0].key).is_le());
        let ends = at.to.as_ref().is_none_or(|to| kind.order(keys[keys.len() - 1].key, to).is_lt());
        if !(in_order && begins && ends) || (kind == Kind::Free && keys.iter().any(|node| node.key.len() != 8)) {
            return Err(damaged(page, "has keys out of order"));
        }
        if is_leaf {
            holds.leaves += 1;
            holds.entries += nodes.len() as u64;
            return nodes.iter().try_for_each(|node| self.entry(page, node, kind, holds));
        }
        holds.branches += 1;
        for (i, node) in nodes.iter().enumerate() {
            below.push(Below {
                page: node.child(),
                level: at.level - 1,
                from: if i == 0 { at.from.clone() } else { Some(node.key.to_vec()) },
                to: nodes.get(i + 1).map_or_else(|| at.to.clone(), |next| Some(next.key.to_vec())),
            });
        }
        Ok(())
    }

    /// The entries of a page; none where one is not within it.
    fn nodes<'b>(&self, bytes: &'b [u8]) -> Option<Vec<Node<'b>>> {
        let (lower, upper) = (usize::from(u16_at(bytes, 12)?), usize::from(u16_at(bytes, 14)?));
        if lower < PAGE_HEADER || lower % 2 != 0 || upper < lower || upper > self.page_size {
            return None;
        }
        let node = |pointer| {
            let at = usize::from(u16_at(bytes, pointer)?);
            let node = bytes.get(at..).filter(|_| at >= upper)?;
            let (key, rest) = node.get(NODE_HEADER..)?.split_at_checked(usize::from(u16_at(node, 6)?))?;
            Some(Node { length: u32_at(node, 0)?, flags: u16_at(node, 4)?, key, rest })
        };
        (PAGE_HEADER..lower).step_by(2).map(node).collect()
    }

    /// Looks at what a leaf's entry holds or leads to.
    fn entry(&mut self, page: u64, node: &Node<'_>, kind: Kind, holds: &mut Holds) -> Result<(), PagesError> {
        let outside = || damaged(page, "has an entry that is not within it");
        let within = || node.rest.get(..node.length as usize).ok_or_else(outside);
        match (kind, node.flags) {
            (Kind::Main, SUB_TREE) => {
                let tree =
                    within()?.first_chunk::<TREE>().and_then(|bytes| Tree::read(bytes, 0)).ok_or_else(outside)?;
                self.tables.push((node.key.to_vec(), tree));
            }
            (Kind::Table, 0) => within().map(drop)?,
            (Kind::Free, 0) => self.let_go(within()?)?,
            (Kind::Table | Kind::Free, BIG_DATA) => {
                let first = u64_at(node.rest, 0).ok_or_else(outside)?;
                holds.in_runs += self.run(first, node.length)?;
                if kind == Kind::Free {
                    let mut value = vec![0; node.length as usize];
                    self.file.read_exact_at(&mut value, first * self.page_size as u64 + PAGE_HEADER as u64)?;
                    self.let_go(&value)?;
                }
            }
            _ => return Err(damaged(page, "has an entry of a kind that its tree has not")),
        }
        Ok(())
    }

    /// Takes the run of pages that holds a large value. How many they are.
    fn run(&mut self, first: u64, length: u32) -> Result<u64, PagesError> {
        let needed = (PAGE_HEADER as u64 + u64::from(length)).div_ceil(self.page_size as u64);
        if first.saturating_add(needed) > self.pages {
            return self.take(first, needed).map(|()| needed);
        }
        let mut buffer = [0; PAGE_HEADER];
        let (flags, bytes) = self.read(first, &mut buffer)?;
        let count = u32_at(bytes, 12).map(u64::from).filter(|count| flags == OVERFLOW && *count >= needed);
        let count = count.ok_or(damaged(first, "does not begin the large value that it should"))?;
        self.take(first, count)?;
        Ok(count)
    }

    /// Notes the pages that a value of the free list tells of.
    fn let_go(&mut self, value: &[u8]) -> Result<(), PagesError> {
        let count = u64_at(value, 0).and_then(|count| usize::try_from(count).ok());
        let pages = count.and_then(|count| value.get(8..count.checked_mul(8)?.checked_add(8)?));
        let pages = pages.ok_or(PagesError::Inconsistent("its free list tells of more pages than it names"))?;
        self.free.extend(pages.chunks_exact(8).filter_map(|page| u64_at(page, 0)));
        Ok(())
    }

    /// Every page that was given out is in use or free, once.
    fn account(&mut self) -> Result<(), PagesError> {
        self.free.sort_unstable();
        let in_use = |page: u64| page < self.pages && self.seen[(page / 64) as usize] & (1 << (page % 64)) != 0;
        if let Some(page) = self.free.iter().copied().find(|page| in_use(*page)) {
            return Err(damaged(page, "is in use, and the free list has it"));
        }
        let twice = self.free.windows(2).any(|pair| pair[0] == pair[1]);
        let outside = self.free.first().is_some_and(|page| *page < 2)
            || self.free.last().is_some_and(|page| *page >= self.given_out);
        if twice || outside || self.used + self.free.len() as u64 != self.given_out {
            return Err(PagesError::Inconsistent("its trees and its free list do not tell of every page once"));
        }
        Ok(())
    }
}

fn damaged(page: u64, why: &'static str) -> PagesError {
    PagesError::Damaged { page, why }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_ne_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_ne_bytes)
}
