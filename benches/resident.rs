//! What a process has in memory, for the benches that measure it.

/// Bytes of memory that this process has.
pub(crate) fn resident() -> u64 {
    let pages = procfs::process::Process::myself().unwrap().statm().unwrap().resident;
    pages * procfs::page_size()
}
