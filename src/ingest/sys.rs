//! What neither std nor socket2 offers: many datagrams per system call, each with the kernel's receive stamp and the
//! socket's drop count; and how a serial line's reads end. The only unsafe code of this room.
//!
//! Memory is taken once, in [`Batch::new`]: 64 buffers of 2048 bytes, enough for a datagram of 1472 bytes with room to
//! see that a longer one was longer.
#![allow(unsafe_code)]

use std::io;
use std::mem::{self, MaybeUninit};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

/// Datagrams per system call at most.
pub(super) const BATCH: usize = 64;
/// Bytes of a datagram that are kept; the protocol's longest is 1472.
const DATAGRAM_BYTES: usize = 2048;
/// Room for the control messages of one datagram: a stamp (32 bytes) and a drop count (24 bytes).
const CONTROL_BYTES: usize = 128;
/// Socket option that tells memory and drops of a socket (`asm-generic/socket.h`); libc does not name it.
const SO_MEMINFO: libc::c_int = 55;
/// Position of the drop count in the answer to `SO_MEMINFO` (`SK_MEMINFO_DROPS` of `linux/sock_diag.h`).
const MEMINFO_DROPS: usize = 8;
/// Numbers in that answer (`SK_MEMINFO_VARS`).
const MEMINFO_VARS: usize = 9;

#[repr(C, align(8))]
#[derive(Clone, Copy)]
struct Control([u8; CONTROL_BYTES]);

/// What the kernel says about one datagram.
#[derive(Clone, Copy, Default)]
struct Received {
    length: usize,
    from: Option<SocketAddr>,
    stamp: Option<Duration>,
    drops: Option<u32>,
}

/// One received datagram.
pub(super) struct Datagram<'b> {
    /// Its bytes; those of one longer than the buffer end where the buffer does, too long for the protocol still.
    pub bytes: &'b [u8],
    /// How long it was, bytes.
    pub length: usize,
    /// Address and port of the sender.
    pub from: Option<SocketAddr>,
    /// When the kernel received it: `CLOCK_REALTIME` since the Unix epoch.
    pub stamp: Option<Duration>,
    /// Datagrams that this socket has dropped until then, wrapping.
    pub drops: Option<u32>,
}

/// Buffers for one batch of datagrams.
pub(super) struct Batch {
    bytes: Box<[[u8; DATAGRAM_BYTES]]>,
    controls: Box<[Control]>,
    names: Box<[libc::sockaddr_storage]>,
    received: [Received; BATCH],
    len: usize,
}

impl Batch {
    /// Takes the memory.
    pub(super) fn new() -> Self {
        // SAFETY: sockaddr_storage is plain integers, for which all zero bits are a value.
        let no_name: libc::sockaddr_storage = unsafe { mem::zeroed() };
        Self {
            bytes: vec![[0; DATAGRAM_BYTES]; BATCH].into_boxed_slice(),
            controls: vec![Control([0; CONTROL_BYTES]); BATCH].into_boxed_slice(),
            names: vec![no_name; BATCH].into_boxed_slice(),
            received: [Received::default(); BATCH],
            len: 0,
        }
    }

    /// Waits for a datagram, as long as the socket's receive timeout, and takes those that are there with it.
    ///
    /// # Errors
    /// What the system said; `WouldBlock` when the timeout passed. The batch is empty then.
    pub(super) fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<()> {
        self.len = 0;
        // SAFETY: iovec and mmsghdr are integers and raw pointers, for which all zero bits are a value.
        let (mut iovecs, mut headers): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) = unsafe { mem::zeroed() };
        for i in 0..BATCH {
            iovecs[i].iov_base = self.bytes[i].as_mut_ptr().cast();
            iovecs[i].iov_len = DATAGRAM_BYTES;
            let header = &mut headers[i].msg_hdr;
            header.msg_iov = &raw mut iovecs[i];
            header.msg_iovlen = 1;
            header.msg_name = (&raw mut self.names[i]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_control = (&raw mut self.controls[i]).cast();
            header.msg_controllen = CONTROL_BYTES;
        }
        // SAFETY: the descriptor is open while borrowed; each header points to one iovec, name and control buffer of
        // the stated sizes, none shared, all of which outlive the call; BATCH headers are passed.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                BATCH as libc::c_uint,
                // A datagram that is longer than its buffer tells its own length.
                libc::MSG_WAITFORONE | libc::MSG_TRUNC,
                ptr::null_mut(),
            )
        };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        for (i, header) in headers.iter().enumerate().take(count) {
            // SAFETY: the kernel has filled this header's control buffer, which is alive and aligned for cmsghdr.
            let (stamp, drops) = unsafe { control_messages(&header.msg_hdr) };
            self.received[i] =
                Received { length: header.msg_len as usize, from: address(&self.names[i]), stamp, drops };
        }
        self.len = count;
        Ok(())
    }

    /// The datagrams of the last receive, in order.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        self.received[..self.len].iter().zip(&self.bytes).map(|(r, bytes)| Datagram {
            bytes: &bytes[..r.length.min(DATAGRAM_BYTES)],
            length: r.length,
            from: r.from,
            stamp: r.stamp,
            drops: r.drops,
        })
    }
}

/// Receive stamp and drop count out of a datagram's control messages.
///
/// # Safety
/// `header` must have been filled by the kernel, and its control buffer must be alive and aligned for `cmsghdr`.
unsafe fn control_messages(header: &libc::msghdr) -> (Option<Duration>, Option<u32>) {
    let (mut stamp, mut drops) = (None, None);
    // SAFETY: by this function's own contract.
    let mut message = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !message.is_null() {
        // SAFETY: CMSG_FIRSTHDR and CMSG_NXTHDR give null or a whole, aligned header inside the control buffer, and
        // the kernel wrote the payload that belongs to this level and type; it is read without regard to alignment.
        unsafe {
            match ((*message).cmsg_level, (*message).cmsg_type) {
                (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => {
                    let time = ptr::read_unaligned(libc::CMSG_DATA(message).cast::<libc::timespec>());
                    if let (Ok(s), Ok(ns)) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec)) {
                        stamp = Some(Duration::new(s, ns));
                    }
                }
                (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) => {
                    drops = Some(ptr::read_unaligned(libc::CMSG_DATA(message).cast::<u32>()));
                }
                _ => {}
            }
            message = libc::CMSG_NXTHDR(header, message);
        }
    }
    (stamp, drops)
}

/// The sender's address and port; an IPv4 address in IPv6 clothes is given as IPv4.
fn address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match libc::c_int::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: a storage of family AF_INET holds a sockaddr_in, is larger, and at least as aligned.
            let v4 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let address = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::from((address, u16::from_be(v4.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: a storage of family AF_INET6 holds a sockaddr_in6, is larger, and at least as aligned.
            let v6 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in6>() };
            let address = IpAddr::V6(Ipv6Addr::from(v6.sin6_addr.s6_addr)).to_canonical();
            Some(SocketAddr::from((address, u16::from_be(v6.sin6_port))))
        }
        _ => None,
    }
}

/// Asks for a stamp and a drop count with each datagram.
///
/// # Errors
/// When the kernel knows no such option.
pub(super) fn ask_for_stamps_and_drops(socket: BorrowedFd<'_>) -> io::Result<()> {
    set(socket, libc::SO_TIMESTAMPNS, 1)?;
    set(socket, libc::SO_RXQ_OVFL, 1)
}

/// Sets the receive buffer beyond `net.core.rmem_max`, which takes `CAP_NET_ADMIN`.
///
/// # Errors
/// When the process may not.
pub(super) fn force_receive_buffer(socket: BorrowedFd<'_>, bytes: u32) -> io::Result<()> {
    set(socket, libc::SO_RCVBUFFORCE, libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX))
}

fn set(socket: BorrowedFd<'_>, option: libc::c_int, value: libc::c_int) -> io::Result<()> {
    // SAFETY: the descriptor is open while borrowed; the value is a c_int and its size is passed.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            option,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Makes a read of a serial line wait for a byte, whatever its last user set: without that a read that finds nothing looks
/// like a line that was hung up.
///
/// # Errors
/// When it is no terminal.
pub(super) fn read_waits_for_a_byte(line: &impl AsRawFd) -> io::Result<()> {
    let mut settings = MaybeUninit::<libc::termios>::zeroed();
    // SAFETY: the descriptor is open while borrowed, and the buffer holds a termios, which the kernel fills.
    if unsafe { libc::tcgetattr(line.as_raw_fd(), settings.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: zeroed above, and a termios is plain integers.
    let mut settings = unsafe { settings.assume_init() };
    settings.c_cc[libc::VMIN] = 1;
    settings.c_cc[libc::VTIME] = 0;
    // SAFETY: as above; the settings are read only.
    let done = unsafe { libc::tcsetattr(line.as_raw_fd(), libc::TCSANOW, &raw const settings) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Datagrams that the socket has dropped until now, wrapping: what `SO_RXQ_OVFL` would say with the next datagram.
/// None where the kernel does not tell.
pub(super) fn drops_until_now(socket: BorrowedFd<'_>) -> Option<u32> {
    let mut info = MaybeUninit::<[u32; MEMINFO_VARS]>::zeroed();
    let mut len = size_of::<[u32; MEMINFO_VARS]>() as libc::socklen_t;
    // SAFETY: the descriptor is open while borrowed; the buffer holds `len` bytes and the kernel writes no more.
    let done = unsafe {
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, SO_MEMINFO, info.as_mut_ptr().cast(), &raw mut len)
    };
    // SAFETY: zeroed above, and every bit pattern is a u32.
    let info = unsafe { info.assume_init() };
    (done == 0 && len as usize > MEMINFO_DROPS * size_of::<u32>()).then_some(info[MEMINFO_DROPS])
}
