//! Whether every page of a database's file that is in use is there: LMDB's trees followed by plain reads.
//!
//! LMDB maps its file and trusts it: a page beyond the file's end is a fault of memory. Its header counts the pages that were
//! ever given out, and that is no measure of the file: pages that a transaction took and gave back before it was committed
//! are never written, so that a whole file may end before the last of them. What must be there is what the newest header's
//! trees lead to: the free list's, the table of tables', each table's, and the runs of pages that hold large values.
//!
//! The format, in the machine's own byte order, is that of `mdb.c` (data version 1) on a machine of 64 bits:
//!
//! | what | where |
//! |---|---|
//! | page | number u64, key size u16, flags u16, then where free space begins u16 and ends u16, or the length of a run u32 |
//! | header | on pages 0 and 1, behind that: magic, version u32, address, map size u64, two trees, last page, transaction u64 |
//! | tree | page size or key size u32, flags u16, depth u16, three counts of pages, entries u64, root u64 |
//! | node | length or child u32, flags or the child's upper bits u16, key length u16, key, value |

#[cfg(test)]
mod tests;

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
/// LMDB's own bound of a tree's depth.
const DEPTH_MAX: u16 = 32;

const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;
const OVERFLOW: u16 = 0x04;
const META_PAGE: u16 = 0x08;
/// A leaf of keys of one size, which leads nowhere.
const LEAF_OF_KEYS: u16 = 0x20;
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
    #[error("page {page} is missing")]
    Missing {
        /// The first one that was met.
        page: u64,
        /// Where it would end, bytes.
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
}

/// Follows the trees of the newest header. How many pages are in use.
pub(super) fn check(file: &File) -> Result<u64, PagesError> {
    let bytes = file.metadata()?.len();
    let meta = newest_meta(file, bytes)?;
    let page_size = u64::from(meta.page_size);
    let pages = bytes / page_size;
    let mut walk = Walk {
        file,
        page_size: meta.page_size as usize,
        pages,
        // Bounded by the file: a bit a page.
        seen: vec![0; usize::try_from(pages.div_ceil(64)).unwrap_or(usize::MAX)],
        to_do: Vec::new(),
        used: 2,
    };
    for tree in meta.trees {
        walk.tree(tree)?;
    }
    while let Some((page, level)) = walk.to_do.pop() {
        walk.page(page, level)?;
    }
    Ok(walk.used)
}

/// What a header says.
struct Meta {
    page_size: u32,
    trees: [Tree; 2],
    txn: u64,
}

#[derive(Clone, Copy)]
struct Tree {
    depth: u16,
    root: u64,
}

impl Tree {
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        Some(Self { depth: u16_at(bytes, at + 6)?, root: u64_at(bytes, at + 40)? })
    }
}

/// Of the two headers the one that was written last, as LMDB itself chooses.
fn newest_meta(file: &File, bytes: u64) -> Result<Meta, PagesError> {
    let first = meta(file, bytes, 0)?;
    let second = meta(file, bytes, u64::from(first.page_size))?;
    Ok(if second.txn > first.txn { second } else { first })
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
    let (Some(page_size), (Some(free), Some(main)), Some(txn)) = (page_size, trees, u64_at(meta, 128)) else {
        return Err(PagesError::Foreign("its header makes no sense"));
    };
    Ok(Meta { page_size, trees: [free, main], txn })
}

struct Walk<'f> {
    file: &'f File,
    page_size: usize,
    /// Whole pages of the file.
    pages: u64,
    /// Pages that were met, a bit each.
    seen: Vec<u64>,
    /// Pages to be followed, and how many levels a tree has from there.
    to_do: Vec<(u64, u16)>,
    used: u64,
}

impl Walk<'_> {
    fn tree(&mut self, tree: Tree) -> Result<(), PagesError> {
        if tree.root == NO_PAGE {
            return Ok(());
        }
        if tree.depth == 0 || tree.depth > DEPTH_MAX {
            return Err(damaged(tree.root, "is the root of a tree of no possible depth"));
        }
        self.to_do.push((tree.root, tree.depth));
        Ok(())
    }

    /// Takes a run of pages as in use.
    fn take(&mut self, first: u64, count: u64) -> Result<(), PagesError> {
        let end = first.saturating_add(count);
        if end > self.pages {
            let page = first.max(self.pages);
            return Err(PagesError::Missing { page, end: end.saturating_mul(self.page_size as u64) });
        }
        for page in first..end {
            let (word, bit) = ((page / 64) as usize, 1 << (page % 64));
            if page < 2 || self.seen[word] & bit != 0 {
                return Err(damaged(page, "is in use twice"));
            }
            self.seen[word] |= bit;
        }
        self.used += count;
        Ok(())
    }

    /// Reads the beginning of a page, and sees that it is the page with that number.
    fn read<'b>(&self, page: u64, buffer: &'b mut [u8]) -> Result<(u16, &'b [u8]), PagesError> {
        self.file.read_exact_at(buffer, page * self.page_size as u64)?;
        if u64_at(buffer, 0) != Some(page) {
            return Err(damaged(page, "holds something else"));
        }
        Ok((u16_at(buffer, 10).unwrap_or_default(), buffer))
    }

    /// Takes a page of a tree, and notes where it leads.
    fn page(&mut self, page: u64, level: u16) -> Result<(), PagesError> {
        self.take(page, 1)?;
        let mut buffer = vec![0; self.page_size];
        let (flags, bytes) = self.read(page, &mut buffer)?;
        let kind = if level == 1 { LEAF } else { BRANCH };
        if flags & (BRANCH | LEAF | OVERFLOW | META_PAGE) != kind {
            return Err(damaged(page, "is no page of its tree's level"));
        }
        if flags & LEAF_OF_KEYS != 0 {
            return Ok(());
        }
        let (lower, upper) = (u16_at(bytes, 12).unwrap_or_default(), u16_at(bytes, 14).unwrap_or_default());
        let (lower, upper) = (usize::from(lower), usize::from(upper));
        if lower < PAGE_HEADER || upper < lower || upper > self.page_size {
            return Err(damaged(page, "does not know where its free space is"));
        }
        for pointer in (PAGE_HEADER..lower).step_by(2) {
            let node = u16_at(bytes, pointer).map_or(usize::MAX, usize::from);
            self.node(bytes, node, level).ok_or(damaged(page, "has an entry that is not within it"))??;
        }
        Ok(())
    }

    /// Notes where an entry leads; none where it is not within its page.
    fn node(&mut self, bytes: &[u8], at: usize, level: u16) -> Option<Result<(), PagesError>> {
        let node = bytes.get(at..)?;
        let (length, flags) = (u32_at(node, 0)?, u16_at(node, 4)?);
        if level > 1 {
            self.to_do.push((u64::from(length) | u64::from(flags) << 32, level - 1));
            return Some(Ok(()));
        }
        let value = node.get(NODE_HEADER + usize::from(u16_at(node, 6)?)..)?;
        if flags & BIG_DATA != 0 {
            return Some(self.run(u64_at(value, 0)?, length));
        }
        let value = value.get(..length as usize)?;
        if flags & SUB_TREE != 0 {
            return Some(self.tree(Tree::read(value, 0)?));
        }
        Some(Ok(()))
    }

    /// Takes the run of pages that holds a large value.
    fn run(&mut self, first: u64, length: u32) -> Result<(), PagesError> {
        let count = (PAGE_HEADER as u64 + u64::from(length)).div_ceil(self.page_size as u64);
        self.take(first, count)?;
        let mut buffer = [0; PAGE_HEADER];
        let (flags, bytes) = self.read(first, &mut buffer)?;
        if flags & OVERFLOW == 0 || u32_at(bytes, 12).map(u64::from) != Some(count) {
            return Err(damaged(first, "does not begin the large value that it should"));
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
