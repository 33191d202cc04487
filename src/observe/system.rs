//! The machine under the daemon: its processor, memory and disk, as `/proc` and the file system tell.

use std::path::Path;

use procfs::{Current, CurrentSI, ProcResult};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::disk::Disk;

/// The machine at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct SystemStatus {
    /// Processor time of this process, s.
    pub process_cpu_s: f64,
    /// Memory of this process that is in RAM, bytes.
    pub process_resident_bytes: u64,
    /// Its open files.
    pub process_open_files: u64,
    /// Open files that it may have.
    pub process_open_files_max: u64,
    /// Its threads.
    pub process_threads: u64,
    /// Processor time of the machine that was not idle, s over all cores.
    pub cpu_busy_s: f64,
    /// Cores.
    pub cpus: u64,
    /// Memory that is there, bytes.
    pub memory_bytes: u64,
    /// Memory that programs may still take, bytes.
    pub memory_available_bytes: u64,
    /// Size of the file system that holds the store, bytes.
    pub disk_bytes: u64,
    /// What of it is free to this user, bytes.
    pub disk_free_bytes: u64,
}

impl SystemStatus {
    /// Asks the kernel. What it does not tell is 0, apart from the disk: without that there is nothing to judge.
    ///
    /// # Errors
    /// The file system does not answer.
    pub fn sample(store: &Path) -> std::io::Result<Self> {
        let disk = Disk::of(store)?;
        let mut status = Self { disk_bytes: disk.bytes, disk_free_bytes: disk.free, ..Self::default() };
        // A kernel that hides some of it still tells the rest.
        let _ = status.process();
        let _ = status.machine();
        Ok(status)
    }

    /// Share of the disk that is free.
    pub fn disk_free_frac(&self) -> f64 {
        if self.disk_bytes == 0 { 1.0 } else { self.disk_free_bytes as f64 / self.disk_bytes as f64 }
    }

    fn process(&mut self) -> ProcResult<()> {
        let process = procfs::process::Process::myself()?;
        let stat = process.stat()?;
        self.process_cpu_s = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
        self.process_resident_bytes = stat.rss * procfs::page_size();
        self.process_threads = u64::try_from(stat.num_threads).unwrap_or_default();
        self.process_open_files = process.fd_count()? as u64;
        if let procfs::process::LimitValue::Value(most) = process.limits()?.max_open_files.soft_limit {
            self.process_open_files_max = most;
        }
        Ok(())
    }

    fn machine(&mut self) -> ProcResult<()> {
        let kernel = procfs::KernelStats::current()?;
        let total = &kernel.total;
        // Guests' time is part of the user's.
        let busy = total.user + total.nice + total.system + total.irq.unwrap_or(0) + total.softirq.unwrap_or(0);
        self.cpu_busy_s = (busy + total.steal.unwrap_or(0)) as f64 / procfs::ticks_per_second() as f64;
        self.cpus = kernel.cpu_time.len() as u64;
        let memory = procfs::Meminfo::current()?;
        self.memory_bytes = memory.mem_total;
        self.memory_available_bytes = memory.mem_available.unwrap_or(memory.mem_free);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_of_this_process_and_its_disk() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let status = SystemStatus::sample(dir.path()).expect("a file system answers");
        assert!(status.process_resident_bytes > 1_000_000 && status.process_threads > 0, "{status:?}");
        assert!(status.process_open_files > 0 && status.cpus > 0 && status.cpu_busy_s > 0.0, "{status:?}");
        assert!(status.memory_available_bytes > 0 && status.memory_available_bytes < status.memory_bytes, "{status:?}");
        assert!(status.disk_free_bytes <= status.disk_bytes && status.disk_bytes > 0, "{status:?}");
        assert!((0.0..=1.0).contains(&status.disk_free_frac()));
        assert!(SystemStatus::sample(&dir.path().join("gone")).is_err());
    }
}
