use redis::aio::MultiplexedConnection;
#[cfg(feature = "cluster")]
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, Pipeline, RedisResult, Value};

/// Commands of which the last counts.
pub(crate) struct Work {
    /// In any order.
    pub(crate) before: Vec<Cmd>,
    /// Done only if all the others are.
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

/// A connection that all requests share: clones are the same one.
#[derive(Clone)]
pub(crate) enum Connection {
    One(MultiplexedConnection),
    #[cfg(feature = "cluster")]
    Cluster(ClusterConnection),
}

impl Connection {
    /// The answer to the last command.
    pub(crate) async fn run(&self, work: &Work) -> RedisResult<Value> {
        match self {
            Self::One(connection) => {
                // One round trip: a server does what comes on a connection in its order.
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
                // The keys are on different nodes, between which there is no order but waiting.
                for some in work.before.chunks(AT_ONCE) {
                    let some = some.iter().map(|command| run_one(connection, command));
                    futures_util::future::try_join_all(some).await?;
                }
                run_one(connection, &work.last).await
            }
        }
    }

    /// True when a part that is lost is found again without giving the whole up.
    pub(crate) fn heals_itself(&self) -> bool {
        match self {
            Self::One(_) => false,
            #[cfg(feature = "cluster")]
            Self::Cluster(_) => true,
        }
    }
}

/// How many commands of one call are on their way in a cluster.
#[cfg(feature = "cluster")]
const AT_ONCE: usize = 64;

#[cfg(feature = "cluster")]
async fn run_one(connection: &ClusterConnection, command: &Cmd) -> RedisResult<Value> {
    command.query_async(&mut connection.clone()).await
}
