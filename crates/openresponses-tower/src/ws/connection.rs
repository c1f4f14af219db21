//! Drives a session over a socket: reads during turns and keeps time.

use std::future::{Future, poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::config::WebSocketConfig;
use super::machine::Machine;
use super::message::{Create, Refused};
use super::session::{Reading, Session};
use super::socket::{End, Received, Socket};
use super::step::{Close, Refusal, Step};
use crate::access_log::AccessLine;
use crate::body_time::{READ_PER_POLL, STALL_RATE};
use crate::bounds::Held;
use crate::error::Error;
use crate::shutdown::{Stage, Watch, shutting_down};
use crate::timer::Timer;
use crate::turn::{ActiveTurn, ConnectionCache, TurnEvent};

/// The most messages read and steps taken in one poll, before other tasks run.
const BUDGET: usize = 64;

/// The fragments that any message may have, and the bytes for each additional fragment.
const FRAGMENTS: u64 = 256 * 1024;
const FRAGMENT: u64 = 32;

/// A decision whether a message may be read.
pub(crate) type Authorizing = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// A message that is being read.
pub(crate) type MessageReading = Pin<Box<dyn Future<Output = Result<Create, Refused>> + Send>>;

/// A turn that is being planned or started.
pub(crate) type Beginning = Pin<Box<dyn Future<Output = Result<ActiveTurn, Error>> + Send>>;

/// Starts turns.
pub(crate) trait Host: Send + Sync {
    /// Decides whether the next message may be read.
    fn authorize(self: Arc<Self>) -> Authorizing;

    /// Reads a large message beside the threads that serve connections.
    fn read(self: Arc<Self>, text: Utf8Bytes, reading: Reading) -> MessageReading;

    /// Starts a turn, and its line in the log of accesses where there is one.
    fn begin(self: Arc<Self>, create: Box<Create>) -> (Beginning, Option<Box<AccessLine>>);

    /// Logs a message that starts no turn.
    fn refused(&self, refusal: &Refusal);
}

/// One WebSocket connection.
pub(crate) struct Connection<S, M = Session> {
    socket: Socket<S>,
    session: M,
    /// The memory of the partial next message and of the queue.
    memory: Held,
    host: Arc<dyn Host>,
    turn: Option<Turn>,
    shutdown: Watch,
    opened: Instant,
    timer: Timer,
    /// The number of received bytes that already counted as activity.
    read: u64,
    stall: Option<Stall>,
    reading: Reading,
    /// The number of the incomplete message, and when it began.
    partial: Option<(u64, Duration)>,
}

/// A client that does not read.
#[derive(Clone, Copy)]
struct Stall {
    since: Duration,
    /// The number of written bytes at its beginning, and now.
    from: u64,
    written: u64,
}

enum Turn {
    Authorizing(Authorizing),
    Reading(MessageReading),
    Beginning {
        beginning: Beginning,
        line: Option<Box<AccessLine>>,
    },
    Running {
        events: Box<ActiveTurn>,
        line: Option<Box<AccessLine>>,
        begun: bool,
        failed: bool,
    },
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) async fn new(
        io: S,
        config: &WebSocketConfig,
        reading: Reading,
        local: Arc<ConnectionCache>,
        memory: Held,
        host: Arc<dyn Host>,
        shutdown: Watch,
    ) -> Self {
        let session = Session::new(config, reading, local);
        Self::driving(session, io, reading, memory, host, shutdown).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, M: Machine> Connection<S, M> {
    pub(super) async fn driving(
        session: M,
        io: S,
        reading: Reading,
        memory: Held,
        host: Arc<dyn Host>,
        shutdown: Watch,
    ) -> Self {
        Self {
            socket: Socket::new(io, reading.message_limit).await,
            session,
            memory,
            host,
            turn: None,
            shutdown,
            opened: Instant::now(),
            timer: Timer::default(),
            read: 0,
            stall: None,
            reading,
            partial: None,
        }
    }

    /// Runs until the connection is closed.
    pub(crate) async fn run(mut self) {
        let end = loop {
            match poll_fn(|cx| self.poll(cx)).await {
                Outcome::Renew => self.socket = self.socket.renewed().await,
                Outcome::End(end) => break end,
            }
        };
        // The output has no reader any more.
        self.turn = None;
        self.socket.finish(end).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        loop {
            let now = self.opened.elapsed();
            let paused = self.receive(cx, now).and_then(|()| self.advance(cx, now));
            let until = match paused {
                Ok(Pause::Yield) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(Pause::Renew) => return Poll::Ready(Outcome::Renew),
                Ok(Pause::Until(until)) => self.partial_until().map_or(until, |end| until.min(end)),
                Err(end) => return Poll::Ready(Outcome::End(end)),
            };
            match self.opened.checked_add(until) {
                Some(until) if self.timer.poll(until, cx).is_ready() => {}
                _ => return Poll::Pending,
            }
        }
    }

    /// Reads available messages. This comes first, also during a turn: pings are answered, and a
    /// closed or lost connection is noticed.
    fn receive(&mut self, cx: &mut Context<'_>, now: Duration) -> Result<(), End> {
        let mut budget = BUDGET;
        self.socket.allow(READ_PER_POLL);
        while let Poll::Ready(received) = self.socket.poll_receive(cx) {
            match received? {
                Received::Text(text) => self.session.text(text),
                Received::Binary(data) => self.session.binary(data),
                Received::Sign => {}
            }
            budget -= 1;
            if budget == 0 {
                cx.waker().wake_by_ref();
                break;
            }
        }
        // Part of a message is activity as well.
        let read = self.socket.read();
        if std::mem::replace(&mut self.read, read) != read {
            self.session.heard(now);
        }
        let waiting = self.session.waiting_bytes() as u64;
        let partial = self.receive_partial(now)?;
        if self.memory.resize(partial + waiting).is_err() {
            // Nothing can be read after a partial message.
            return Err(End::Broken(Close::OVERLOADED));
        }
        Ok(())
    }

    /// Checks an incomplete message, and returns the memory that it takes in bytes.
    fn receive_partial(&mut self, now: Duration) -> Result<u64, End> {
        let Some(partial) = self.socket.partial() else {
            self.partial = None;
            return Ok(0);
        };
        let since = match self.partial {
            Some((number, since)) if number == partial.number => since,
            _ => now,
        };
        self.partial = Some((partial.number, since));
        if partial.fragments > FRAGMENTS + partial.bytes / FRAGMENT {
            return Err(End::Broken(Close::FRAGMENTED));
        }
        if self.partial_until().is_some_and(|until| now >= until) {
            return Err(End::Broken(Close::SLOW));
        }
        // Fragments are copied into a buffer that doubles, and the buffer of the largest one is kept.
        Ok(partial
            .bytes
            .saturating_mul(1 + u64::from(partial.is_fragmented)))
    }

    /// Returns when the incomplete message is too late.
    fn partial_until(&self) -> Option<Duration> {
        let (_, since) = self.partial?;
        let bytes = self.socket.partial()?.bytes;
        since.checked_add(self.reading.message_time.limit(bytes)?)
    }

    /// Takes steps as long as the other side reads.
    fn advance(&mut self, cx: &mut Context<'_>, now: Duration) -> Result<Pause, End> {
        self.watch_shutdown(cx);
        for _ in 0..BUDGET {
            match self.socket.poll_ready(cx) {
                Poll::Ready(ready) => ready?,
                Poll::Pending => return self.stand_still(now),
            }
            match self.session.next(now) {
                Step::Send(text) => self.socket.send(text.into())?,
                Step::Refuse(refusal) => {
                    self.host.refused(&refusal);
                    self.socket.send(refusal.text.into())?;
                }
                #[cfg(test)]
                Step::Echo(message) => self.socket.echo(message)?,
                Step::Ping => self.socket.ping()?,
                Step::Authorize => {
                    let authorizing = Arc::clone(&self.host).authorize();
                    self.turn = Some(Turn::Authorizing(authorizing));
                }
                Step::Read(text) => {
                    let reading = Arc::clone(&self.host).read(text, self.reading);
                    self.turn = Some(Turn::Reading(reading));
                }
                Step::Begin(create) => {
                    let (beginning, line) = Arc::clone(&self.host).begin(create);
                    self.turn = Some(Turn::Beginning { beginning, line });
                }
                Step::Close(close) => return Err(End::ByUs(close)),
                Step::Silent => return Err(End::Silent),
                Step::Wait(until) => match self.poll_turn(cx, now) {
                    Poll::Ready(output) => self.send_output(cx, output)?,
                    Poll::Pending if self.socket.poll_flush(cx)?.is_pending() => {
                        return self.stand_still(now);
                    }
                    Poll::Pending if self.catch_up(now) => {}
                    Poll::Pending if self.socket.is_stretched() => return Ok(Pause::Renew),
                    Poll::Pending => return Ok(Pause::Until(until)),
                },
            }
        }
        let _ = self.socket.poll_flush(cx)?;
        Ok(Pause::Yield)
    }

    /// Handles a stalled write. A long stall counts as a lost connection, whatever the client sends
    /// meanwhile.
    fn stand_still(&mut self, now: Duration) -> Result<Pause, End> {
        let written = self.socket.written();
        let stall = self.stall.get_or_insert(Stall {
            since: now,
            from: written,
            written,
        });
        if std::mem::replace(&mut stall.written, written) != written {
            self.session.heard(now);
        }
        let earned = Duration::from_secs((written - stall.from) / STALL_RATE);
        let until = match self.reading.stall_limit {
            Some(limit) => stall.since.saturating_add(limit).saturating_add(earned),
            None => Duration::MAX,
        };
        if now >= until {
            return Err(End::Gone);
        }
        Ok(Pause::Until(until))
    }

    /// Handles the end of a stall. Returns true if writing had stalled: going on is activity.
    fn catch_up(&mut self, now: Duration) -> bool {
        let waited = self.stall.take().is_some();
        if waited {
            self.session.heard(now);
        }
        waited
    }

    fn send_output(&mut self, cx: &mut Context<'_>, output: TurnOutput) -> Result<(), End> {
        match output {
            // The first event is flushed at once; later events that are ready together share a
            // write.
            TurnOutput::First(text) => {
                self.socket.send(text)?;
                let _ = self.socket.poll_flush(cx)?;
            }
            TurnOutput::Text(text) => self.socket.send(text)?,
            TurnOutput::Nothing => {}
        }
        Ok(())
    }

    /// Polls the turn for its next message.
    fn poll_turn(&mut self, cx: &mut Context<'_>, now: Duration) -> Poll<TurnOutput> {
        loop {
            match &mut self.turn {
                None => return Poll::Pending,
                Some(Turn::Authorizing(authorizing)) => {
                    let decision = std::task::ready!(authorizing.as_mut().poll(cx));
                    self.turn = None;
                    self.session.authorized(decision);
                    return Poll::Ready(TurnOutput::Nothing);
                }
                Some(Turn::Reading(reading)) => {
                    let read = std::task::ready!(reading.as_mut().poll(cx));
                    self.turn = None;
                    self.session.was_read(read);
                    return Poll::Ready(TurnOutput::Nothing);
                }
                Some(Turn::Beginning { beginning, line }) => {
                    match std::task::ready!(beginning.as_mut().poll(cx)) {
                        Ok(events) => {
                            let mut line = line.take();
                            if let Some(line) = &mut line {
                                line.started();
                            }
                            self.turn = Some(Turn::Running {
                                events: Box::new(events),
                                line,
                                begun: false,
                                failed: false,
                            });
                        }
                        Err(error) => {
                            let line = line.take();
                            self.turn = None;
                            let text = self.session.refused(&error, now);
                            if let Some(mut line) = line {
                                line.refused(&error);
                                line.sent(text.len());
                            }
                            return Poll::Ready(TurnOutput::Text(text.into()));
                        }
                    }
                }
                Some(Turn::Running {
                    events,
                    line,
                    begun,
                    failed,
                }) => {
                    let event = std::task::ready!(Pin::new(&mut **events).poll_next(cx));
                    let Some(event) = event else {
                        if let Some(line) = line {
                            line.ended();
                        }
                        self.session.ended(*failed, now);
                        self.turn = None;
                        return Poll::Ready(TurnOutput::Nothing);
                    };
                    *failed |= event.is_failure();
                    let text = text(event);
                    if let Some(line) = line {
                        line.sent(text.len());
                    }
                    return Poll::Ready(if std::mem::replace(begun, true) {
                        TurnOutput::Text(text)
                    } else {
                        TurnOutput::First(text)
                    });
                }
            }
        }
    }

    fn watch_shutdown(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(stage) = self.shutdown.poll_stage(cx) {
            if stage >= Stage::Draining {
                self.session.shut_down();
            }
            // An active turn ends on its own.
            if stage < Stage::Ending {
                continue;
            }
            match &mut self.turn {
                Some(Turn::Beginning { beginning, .. }) => {
                    *beginning = Box::pin(ready(Err(shutting_down())));
                }
                Some(authorizing @ Turn::Authorizing(_)) => {
                    *authorizing = Turn::Authorizing(Box::pin(ready(Err(shutting_down()))));
                }
                Some(reading @ Turn::Reading(_)) => {
                    *reading = Turn::Reading(Box::pin(ready(Err(shutting_down().into()))));
                }
                Some(Turn::Running { .. }) | None => {}
            }
        }
    }
}

/// Returns the message of an event.
fn text(event: TurnEvent) -> Utf8Bytes {
    match event {
        TurnEvent::Event(event) => event.to_json().into(),
        TurnEvent::Frame(frame) => Utf8Bytes::try_from(frame.shared_data())
            .unwrap_or_else(|_| frame.as_frame().data_lossy().into_owned().into()),
        // Printed JSON is valid UTF-8.
        TurnEvent::Printed(event) => Utf8Bytes::try_from(event.document()).unwrap_or_default(),
    }
}

enum Outcome {
    /// The buffers should be replaced.
    Renew,
    End(End),
}

/// Why no step was taken.
enum Pause {
    Until(Duration),
    /// Other tasks should run.
    Yield,
    Renew,
}

/// What a turn has for its client.
enum TurnOutput {
    First(Utf8Bytes),
    Text(Utf8Bytes),
    /// The turn is over.
    Nothing,
}

#[cfg(test)]
mod tests;
