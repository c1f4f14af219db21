use redis::aio::MultiplexedConnection;
#[cfg(feature = "cluster")]
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, Pipeline, RedisResult, Value};

/// Commands, of which the last one makes the result visible.
pub(crate) struct Work {
    /// Sent in any order.
    pub(crate) before: Vec<Cmd>,
    /// Sent only after all others have succeeded.
    pub(crate) last: Cmd,
}

impl From<Cmd> for Work {
    fn from(last: Cmd) -> Self {
        Self {
            before: Vec::new(),
            last,
        }
    }
}

/// A connection shared by all requests. Clones share one connection.
#[derive(Clone)]
pub(crate) enum Connection {
    One(MultiplexedConnection),
    #[cfg(feature = "cluster")]
    Cluster(ClusterConnection),
}

impl Connection {
    /// Returns the reply to the last command.
    pub(crate) async fn run(&self, work: &Work) -> RedisResult<Value> {
        match self {
            Self::One(connection) => {
                // One round trip: a server executes the commands of a connection in order.
                let mut pipeline = Pipeline::with_capacity(work.before.len() + 1);
                for command in &work.before {
                    pipeline.add_command(command.clone()).ignore();
                }
                pipeline.add_command(work.last.clone());
                let (answer,) = pipeline.query_async(&mut connection.clone()).await?;
                Ok(answer)
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(connection) => {
                // The keys are on different nodes, whose order can only be enforced by waiting.
                for some in work.before.chunks(AT_ONCE) {
                    let some = some.iter().map(|command| run_one(connection, command));
                    futures_util::future::try_join_all(some).await?;
                }
                run_one(connection, &work.last).await
            }
        }
    }

    /// Returns the replies to all commands.
    pub(crate) async fn run_all(&self, commands: &[Cmd]) -> RedisResult<Vec<Value>> {
        match self {
            Self::One(connection) => {
                let mut pipeline = Pipeline::with_capacity(commands.len());
                for command in commands {
                    pipeline.add_command(command.clone());
                }
                pipeline.query_async(&mut connection.clone()).await
            }
            #[cfg(feature = "cluster")]
            Self::Cluster(connection) => {
                let mut answers = Vec::with_capacity(commands.len());
                for some in commands.chunks(AT_ONCE) {
                    let some = some.iter().map(|command| run_one(connection, command));
                    answers.extend(futures_util::future::try_join_all(some).await?);
                }
                Ok(answers)
            }
        }
    }

    /// Returns true for a connection that replaces a lost part of itself.
    pub(crate) fn heals_itself(&self) -> bool {
        match self {
            Self::One(_) => false,
            #[cfg(feature = "cluster")]
            Self::Cluster(_) => true,
        }
    }
}

/// The most commands of one call in flight in a cluster.
#[cfg(feature = "cluster")]
const AT_ONCE: usize = 64;

#[cfg(feature = "cluster")]
async fn run_one(connection: &ClusterConnection, command: &Cmd) -> RedisResult<Value> {
    command.query_async(&mut connection.clone()).await
}
