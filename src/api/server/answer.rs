//! The body of an answer, handed to the connection in pieces, so that it is not forgotten before its client took it.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};

use super::connections::Served;

/// Largest piece, bytes: a body in one piece would leave the account of its address while all of it still waits.
const PIECE_BYTES: usize = 32 << 10;

/// A body, and the account that it stands on until it is taken, all but its last piece.
pub(super) struct Answer {
    body: Body,
    rest: Bytes,
    _served: Option<Served>,
}

impl Answer {
    pub(super) fn new(body: Body, served: Option<Served>) -> Self {
        Self { body, rest: Bytes::new(), _served: served }
    }

    fn piece(&mut self) -> Frame<Bytes> {
        let length = self.rest.len().min(PIECE_BYTES);
        Frame::data(self.rest.split_to(length))
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.piece())));
        }
        Pin::new(&mut self.body).poll_frame(cx).map(|frame| {
            frame.map(|frame| match frame?.into_data() {
                Ok(data) => {
                    self.rest = data;
                    Ok(self.piece())
                }
                Err(other) => Ok(other),
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (body, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[test]
    fn a_large_body_comes_in_pieces_and_whole() {
        let bytes: Vec<u8> = (0..=255).cycle().take(3 * PIECE_BYTES + 7).collect();
        let mut answer = Answer::new(Body::from(bytes.clone()), None);
        let (mut got, mut sizes, mut cx) = (Vec::new(), Vec::new(), Context::from_waker(Waker::noop()));
        assert_eq!(answer.size_hint().exact(), Some(bytes.len() as u64));
        while !answer.is_end_stream() {
            let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut answer).poll_frame(&mut cx) else { panic!("no piece") };
            let piece = frame.into_data().expect("data");
            sizes.push(piece.len());
            got.extend_from_slice(&piece);
            assert_eq!(answer.size_hint().exact(), Some((bytes.len() - got.len()) as u64));
        }
        assert_eq!((got, sizes), (bytes, vec![PIECE_BYTES, PIECE_BYTES, PIECE_BYTES, 7]));
    }
}
