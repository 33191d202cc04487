//! A connection's bytes, and the end of patience with a client that does not take its answer.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::connections::Place;

/// A connection. A write that finds no room waits until the client has taken nothing for `unread_after`, or has not taken
/// its answer whole `answer_within` after asking for it; then it fails, and what is left is thrown away. A WebSocket has
/// rules of its own.
pub(super) struct Wire {
    stream: TcpStream,
    place: Arc<Place>,
    unread_after: Duration,
    answer_within: Duration,
    /// Runs while a write waits.
    patience: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, place: Arc<Place>, unread_after: Duration, answer_within: Duration) -> Self {
        Self { stream, place, unread_after, answer_within, patience: None }
    }

    /// What comes of a write.
    fn judge(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            if self.patience.take().is_some() {
                self.place.takes();
            }
            return written;
        }
        if self.place.is_live() {
            return Poll::Pending;
        }
        let patience = self.patience.get_or_insert_with(|| {
            self.place.waits();
            let until = Instant::now() + self.unread_after;
            let whole = self.place.asked_at() + self.answer_within;
            Box::pin(sleep_until(until.min(whole)))
        });
        ready!(patience.as_mut().poll(cx));
        self.place.unread();
        Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, "the client does not take its answer")))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.place.is_cut_off() {
            // What it has not taken would otherwise stay in the kernel for minutes. Without this it does.
            let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_pending() {
            self.place.was_read();
        }
        read
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.judge(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.judge(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
