use std::time::Duration;

use redis::{FromRedisValue, from_redis_value};
use tokio::time::{Instant, timeout_at};

use crate::connection::Work;
use crate::error::{RedisStoreError, wants_new_connection};
use crate::link::Link;

/// One call of the store, with one time limit for all of its commands.
pub(crate) struct Call<'a> {
    link: &'a Link,
    deadline: Instant,
}

/// A reply of Redis.
pub(crate) struct Answer<T> {
    pub(crate) value: T,
    /// Set for a repeated command whose first execution is uncertain.
    pub(crate) repeated: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(link: &'a Link, timeout: Duration) -> Self {
        let deadline = Instant::now() + timeout;
        Self { link, deadline }
    }

    /// Returns the reply to one command.
    pub(crate) async fn ask<T: FromRedisValue>(
        &self,
        command: redis::Cmd,
    ) -> Result<Answer<T>, RedisStoreError> {
        self.run(&Work::from(command)).await
    }

    /// Returns the reply to the last command. When the connection is lost, the commands are sent
    /// once more on a new one, since servers close idle connections and restart; all commands are
    /// idempotent.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        work: &Work,
    ) -> Result<Answer<T>, RedisStoreError> {
        let mut repeated = false;
        loop {
            let connected = timeout_at(self.deadline, self.link.get()).await;
            let live = connected.map_err(|_| RedisStoreError::TimedOut)??;
            let answer = timeout_at(self.deadline, live.connection.run(work)).await;
            let error = match answer {
                Ok(Ok(value)) => {
                    live.worked();
                    let value = from_redis_value(value).map_err(|_| RedisStoreError::Unreadable)?;
                    return Ok(Answer { value, repeated });
                }
                Ok(Err(error)) if wants_new_connection(&error) => RedisStoreError::of(&error),
                Ok(Err(error)) => return Err(RedisStoreError::of(&error)),
                // The connection may be lost without either side knowing.
                Err(_) => RedisStoreError::TimedOut,
            };
            let given_up = self.link.failed(&live);
            if repeated || !given_up || error == RedisStoreError::TimedOut {
                return Err(error);
            }
            repeated = true;
        }
    }
}
