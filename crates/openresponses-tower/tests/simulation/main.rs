//! The endpoint on a simulated network, over several seeds: latency, held, lost and half-open connections,
//! crashing clients.
//!
//! The network has no retransmission and no limits of the operating system, so only what the crates and
//! hyper do themselves ends a connection.
#![allow(clippy::unwrap_used)]

mod network;
mod provider;

use std::time::Duration;

use network::{Server, post, simulation, socket_request, stream_over_http1, stream_over_http2};
use provider::{Census, Silent, TEXT, Talker};
use tokio_tungstenite::tungstenite::Message;

const SEEDS: std::ops::Range<u64> = 0..8;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A time of up to 4 s that depends on the seed.
fn moment(seed: u64) -> Duration {
    Duration::from_millis(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 4_000)
}

fn is_whole(stream: &str) -> bool {
    let deltas = stream.split("\"delta\":\"").skip(1);
    let text: String = deltas.map(|rest| rest.split('"').next().unwrap()).collect();
    text == TEXT && stream.ends_with("data: [DONE]\n\n")
}

#[test]
fn streams_are_whole_under_latency() {
    for seed in SEEDS {
        let census = Census::default();
        let mut sim = simulation(seed, seconds(2));
        Server::new(Talker(census.clone())).start(&mut sim);
        for client in 0..4 {
            sim.client(format!("one-{client}"), async {
                assert!(is_whole(&stream_over_http1().await?));
                Ok(())
            });
            sim.client(format!("two-{client}"), async {
                assert!(is_whole(&stream_over_http2().await?));
                Ok(())
            });
        }
        sim.run().unwrap();
        drop(sim);
        assert_eq!(census.alive(), 0, "{seed}");
    }
}

#[test]
fn streams_survive_a_network_that_stands_still() {
    for seed in SEEDS {
        let mut sim = simulation(seed, Duration::from_millis(50));
        Server::new(Talker(Census::default())).start(&mut sim);
        for (name, is_http2) in [("one", false), ("two", true)] {
            sim.client(name, async move {
                let stream = if is_http2 {
                    stream_over_http2().await?
                } else {
                    stream_over_http1().await?
                };
                assert!(is_whole(&stream), "{seed} {name}");
                Ok(())
            });
        }
        sim.client("chaos", async move {
            tokio::time::sleep(moment(seed)).await;
            for name in ["one", "two"] {
                turmoil::hold(name, "server");
            }
            // Less than the time after which HTTP/2 gives a peer up.
            tokio::time::sleep(seconds(8)).await;
            for name in ["one", "two"] {
                turmoil::release(name, "server");
            }
            Ok(())
        });
        sim.run().unwrap();
    }
}

/// Runs a client that starts one turn of a silent provider and never leaves, cuts the network at a
/// moment of the seed, and returns how many turns are alive after `time`.
fn alive_after_a_cut<F, Fut>(seed: u64, time: Duration, is_half: bool, client: F) -> usize
where
    F: Fn() -> Fut + 'static,
    Fut: Future<Output = turmoil::Result> + 'static,
{
    let census = Census::default();
    let mut sim = simulation(seed, Duration::from_millis(100));
    Server::new(Silent(census.clone())).start(&mut sim);
    sim.host("client", client);
    let begun = census.clone();
    sim.client("chaos", async move {
        while begun.alive() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(moment(seed)).await;
        if is_half {
            turmoil::partition_oneway("client", "server");
        } else {
            turmoil::partition("client", "server");
        }
        tokio::time::sleep(time).await;
        Ok(())
    });
    sim.run().unwrap();
    census.alive()
}

#[test]
fn a_websocket_notices_a_lost_or_half_open_peer() {
    for seed in SEEDS {
        for is_half in [false, true] {
            let client = || async {
                let stream = turmoil::net::TcpStream::connect("server:80").await?;
                let (mut socket, _) =
                    tokio_tungstenite::client_async(socket_request(), stream).await?;
                let create = r#"{"type":"response.create","model":"m","input":"x"}"#;
                futures_util::SinkExt::send(&mut socket, Message::text(create)).await?;
                // Reading answers pings.
                while let Some(Ok(_)) = futures_util::StreamExt::next(&mut socket).await {}
                std::future::pending().await
            };
            let alive = alive_after_a_cut(seed, seconds(75), is_half, client);
            assert_eq!(alive, 0, "{seed} {is_half}");
        }
    }
}

#[test]
fn http2_notices_a_lost_or_half_open_peer() {
    for seed in SEEDS {
        for is_half in [false, true] {
            let client = || async {
                let _ = stream_over_http2().await;
                std::future::pending().await
            };
            let alive = alive_after_a_cut(seed, seconds(45), is_half, client);
            assert_eq!(alive, 0, "{seed} {is_half}");
        }
    }
}

#[test]
fn a_client_that_crashes_ends_its_turn() {
    for seed in SEEDS {
        let census = Census::default();
        let mut sim = simulation(seed, Duration::from_millis(100));
        Server::new(Silent(census.clone())).start(&mut sim);
        sim.host("client", || async {
            let _ = stream_over_http1().await;
            Ok(())
        });
        sim.client("clock", async {
            tokio::time::sleep(seconds(60)).await;
            Ok(())
        });
        while census.alive() == 0 {
            sim.step().unwrap();
        }
        let crash = sim.elapsed() + moment(seed);
        while sim.elapsed() < crash {
            sim.step().unwrap();
        }
        sim.crash("client");
        let end = sim.elapsed() + seconds(20);
        while sim.elapsed() < end {
            sim.step().unwrap();
        }
        assert_eq!(census.alive(), 0, "{seed}");
    }
}

/// A body whose rest never comes is refused in time.
#[test]
fn a_body_that_is_cut_off_ends() {
    for seed in SEEDS {
        let mut sim = simulation(seed, Duration::from_millis(100));
        Server::new(Talker(Census::default())).start(&mut sim);
        sim.client("client", async {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let mut stream = turmoil::net::TcpStream::connect("server:80").await?;
            let request = post(1_000_000);
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
            assert!(answer.contains("connection: close"), "{answer}");
            Ok(())
        });
        sim.run().unwrap();
    }
}
