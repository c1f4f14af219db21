use std::future::Future;
use std::time::Duration;

use redis::{Cmd, FromRedisValue, RedisResult, Value, from_redis_value};
use tokio::time::{Instant, timeout_at};

use crate::connection::{Connection, Work};
use crate::error::{RedisStoreError, wants_new_connection};
use crate::link::Links;

/// One call of the store, with one time limit for all of its commands.
pub(crate) struct Call<'a> {
    links: &'a Links,
    deadline: Instant,
    timeout: Duration,
}

/// A reply of Redis.
pub(crate) struct Answer<T> {
    pub(crate) value: T,
    /// Set for a repeated command whose first execution is uncertain.
    pub(crate) repeated: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(links: &'a Links, timeout: Duration) -> Self {
        let deadline = Instant::now() + timeout;
        Self {
            links,
            deadline,
            timeout,
        }
    }

    /// Waits within the time limit.
    pub(crate) async fn in_time<T>(
        &self,
        work: impl Future<Output = T>,
    ) -> Result<T, RedisStoreError> {
        let done = timeout_at(self.deadline, work).await;
        done.map_err(|_| RedisStoreError::TimedOut)
    }

    /// Returns the reply to one command of small size.
    pub(crate) async fn ask<T: FromRedisValue>(
        &self,
        command: Cmd,
    ) -> Result<Answer<T>, RedisStoreError> {
        self.run(&Work::from(command), 0).await
    }

    /// Returns the reply to the last command. `bytes` is the size of values and replies.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        work: &Work,
        bytes: usize,
    ) -> Result<Answer<T>, RedisStoreError> {
        let answer = self.repeat(bytes, Sent::Work(work)).await?;
        let last = answer.value.into_iter().next_back();
        Ok(Answer {
            value: read(last.unwrap_or(Value::Nil))?,
            repeated: answer.repeated,
        })
    }

    /// Returns the replies to commands that are sent together.
    pub(crate) async fn ask_all<T: FromRedisValue>(
        &self,
        commands: &[Cmd],
        bytes: usize,
    ) -> Result<Vec<T>, RedisStoreError> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.repeat(bytes, Sent::Each(commands)).await?;
        answer.value.into_iter().map(read).collect()
    }

    /// Sends commands, and once more on a new connection when the first is lost, since servers close
    /// idle connections and restart; all commands are idempotent.
    async fn repeat(
        &self,
        bytes: usize,
        sent: Sent<'_>,
    ) -> Result<Answer<Vec<Value>>, RedisStoreError> {
        let _turn = self.in_time(self.links.turn(bytes)).await?;
        let link = self.links.of_size(bytes);
        let mut repeated = false;
        loop {
            let live = self.in_time(link.get()).await??;
            let answer = timeout_at(self.deadline, sent.to(&live.connection)).await;
            let error = match answer {
                Ok(Ok(value)) => {
                    live.worked();
                    return Ok(Answer { value, repeated });
                }
                Ok(Err(error)) if wants_new_connection(&error) => RedisStoreError::of(&error),
                Ok(Err(error)) => return Err(RedisStoreError::of(&error)),
                Err(_) => {
                    link.timed_out(&live, self.timeout.saturating_mul(2));
                    return Err(RedisStoreError::TimedOut);
                }
            };
            let given_up = link.failed(&live);
            if repeated || !given_up || error == RedisStoreError::TimedOut {
                return Err(error);
            }
            repeated = true;
        }
    }
}

/// Commands of one round trip.
#[derive(Clone, Copy)]
enum Sent<'a> {
    /// The last reply counts.
    Work(&'a Work),
    /// All replies count.
    Each(&'a [Cmd]),
}

impl Sent<'_> {
    async fn to(self, connection: &Connection) -> RedisResult<Vec<Value>> {
        match self {
            Self::Work(work) => Ok(vec![connection.run(work).await?]),
            Self::Each(commands) => connection.run_all(commands).await,
        }
    }
}

fn read<T: FromRedisValue>(value: Value) -> Result<T, RedisStoreError> {
    from_redis_value(value).map_err(|_| RedisStoreError::Unreadable)
}
