//! Measures servers over the loopback interface. Prints, separated by tabs: case, subject, role, unit,
//! and the median of several rounds.
//!
//! `serve PART` measures the cases with PART in their name. `serve idle SUBJECT` prints what an idle
//! stream of one server takes, in a process of its own.

use std::error::Error;
use std::hint;
use std::io;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use openresponses_benches::groups::requests::document_request;
use openresponses_benches::loopback::{Client, request};
use openresponses_benches::sample;
use openresponses_benches::served::{
    DOCUMENTS, IDLE_STREAMS, PACED, PACED_STREAMS, RELAYS, STREAMS, Server, Subject,
    WAITING_STREAMS,
};

const ROUNDS: usize = 9;
const IDLE: usize = 500;
const PAUSE: Duration = Duration::from_millis(2);
/// The time before each request, in which the client's processor stays awake.
const WAIT: Duration = Duration::from_micros(300);
const FIRST_EVENT: &str = "time to the first event";
const RESTED: &str = "time to the first event, after a rest";
const IDLE_MEMORY: &str = "an idle stream, both ends";

/// What is sent to the servers of a case.
struct Load {
    connections: usize,
    /// Requests over each connection in one round.
    count: usize,
    body: String,
    /// Units (events, requests) of one answer.
    units: usize,
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// Sends the requests of one round.
fn send(server: &Server, load: &Load) -> io::Result<()> {
    let request = request(&load.body);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..load.connections)
            .map(|_| {
                scope.spawn(|| {
                    let mut client = Client::connect(server.address)?;
                    (0..load.count).try_for_each(|_| client.call(&request).map(drop))
                })
            })
            .collect();
        clients
            .into_iter()
            .try_for_each(|client| client.join().map_err(|_| io::Error::other("a client"))?)
    })
}

/// Processor time of the server for one unit, in nanoseconds. The subjects take turns.
fn processor_time(case: &str, subjects: &[Subject], load: &Load) -> io::Result<()> {
    let servers: Vec<Server> = subjects
        .iter()
        .map(|subject| Server::start(subject.service))
        .collect::<io::Result<_>>()?;
    let units = load.connections * load.count * load.units;
    let mut taken = vec![Vec::new(); servers.len()];
    for round in 0..=ROUNDS {
        for (server, taken) in servers.iter().zip(&mut taken) {
            let before = server.processor_time()?;
            send(server, load)?;
            let time = server.processor_time()? - before;
            // The first round warms up.
            if round > 0 {
                taken.push(time.as_secs_f64() * 1e9 / units as f64);
            }
        }
    }
    for (subject, taken) in subjects.iter().zip(taken) {
        print(case, subject, "ns", median(taken));
    }
    Ok(())
}

/// How requests follow each other over one connection, where the time to a first event is taken.
struct Sequence {
    case: &'static str,
    /// How often each server has its turn.
    turns: usize,
    /// The turns that warm up.
    unmeasured: usize,
    /// Requests in one turn, one after the other.
    requests: usize,
    /// The requests of a turn after which the server is as busy as it stays in it.
    first: usize,
}

const SEQUENCES: [Sequence; 2] = [
    Sequence {
        case: FIRST_EVENT,
        turns: 25,
        unmeasured: 1,
        requests: 50,
        first: 10,
    },
    // What the processor kept of a server is gone when its turn comes.
    Sequence {
        case: RESTED,
        turns: 600,
        unmeasured: 50,
        requests: 1,
        first: 0,
    },
];

/// Time from a request to its first event over one connection, in microseconds.
fn first_event(sequence: &Sequence, body: &str) -> io::Result<()> {
    let request = request(body);
    let mut clients = Vec::new();
    for subject in STREAMS {
        clients.push(Client::connect(Server::start(subject.service)?.address)?);
    }
    let mut taken = vec![Vec::new(); clients.len()];
    for turn in 0..sequence.turns {
        for (client, taken) in clients.iter_mut().zip(&mut taken) {
            // Nothing may run beside it that another server has left to do, or the other processor would
            // be awake for some subjects and not for others.
            thread::sleep(PAUSE);
            for at in 0..sequence.requests {
                // Each server is waiting for the request then, however it has sent the end of the last answer.
                let rest = Instant::now();
                while rest.elapsed() < WAIT {
                    hint::spin_loop();
                }
                let started = Instant::now();
                client.first_event(&request)?;
                let time = started.elapsed().as_secs_f64() * 1e6;
                client.rest()?;
                if turn >= sequence.unmeasured && at >= sequence.first {
                    taken.push(time);
                }
            }
        }
    }
    for (subject, taken) in STREAMS.iter().zip(taken) {
        print(sequence.case, subject, "us", median(taken));
    }
    Ok(())
}

fn print(case: &str, subject: &Subject, unit: &str, value: f64) {
    println!(
        "{case}\t{}\t{}\t{unit}\t{value:.1}",
        subject.name,
        subject.role.word()
    );
}

/// Memory of this process, in bytes.
fn resident() -> io::Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes = kilobytes.and_then(|text| text.trim().parse::<usize>().ok());
    Ok(kilobytes.ok_or(io::ErrorKind::InvalidData)? * 1024)
}

/// Opens streams that stay idle, and prints what one takes. Both ends are in this process.
fn open_idle(name: &str) -> Result<(), Box<dyn Error>> {
    let subject = IDLE_STREAMS.iter().find(|subject| subject.name == name);
    let server = Server::start(subject.ok_or("no such subject")?.service)?;
    let request = request(&sample::short_request());
    let open = |count| -> io::Result<Vec<Client>> {
        (0..count)
            .map(|_| {
                let mut client = Client::with_buffer(server.address, 512)?;
                client.first_event(&request)?;
                Ok(client)
            })
            .collect()
    };
    let warm = open(50)?;
    thread::sleep(Duration::from_millis(200));
    let before = resident()?;
    let open = open(IDLE)?;
    thread::sleep(Duration::from_millis(200));
    println!("{}", (resident()? - before) / IDLE);
    drop((warm, open));
    Ok(())
}

fn memory() -> Result<(), Box<dyn Error>> {
    for subject in IDLE_STREAMS {
        let mut taken = Vec::new();
        for _ in 0..3 {
            let mut command = Command::new(std::env::current_exe()?);
            let output = command.args(["idle", subject.name]).output()?;
            taken.push(String::from_utf8(output.stdout)?.trim().parse()?);
        }
        print(IDLE_MEMORY, subject, "bytes", median(taken));
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name] = &arguments[..]
        && flag == "idle"
    {
        return open_idle(name);
    }
    let is_asked = |case: &str| arguments.first().is_none_or(|part| case.contains(&**part));
    let stream = sample::short_request();
    let document = String::from_utf8(document_request().to_vec())?;
    let documents = Load {
        connections: 8,
        count: 150,
        body: document,
        units: 1,
    };
    let streams = |count| Load {
        connections: 8,
        count,
        body: stream.clone(),
        units: sample::events().len(),
    };
    let paced = Load {
        connections: 100,
        count: 1,
        units: PACED,
        ..streams(1)
    };
    let cases = [
        ("a JSON answer", DOCUMENTS, documents),
        ("a stream of ready deltas", STREAMS, streams(12)),
        ("a stream behind a channel", WAITING_STREAMS, streams(8)),
        ("a stream of an upstream", RELAYS, streams(12)),
        ("a paced stream, 100 at a time", PACED_STREAMS, paced),
    ];
    for (case, subjects, load) in cases {
        if is_asked(case) {
            processor_time(case, subjects, &load)?;
        }
    }
    for sequence in SEQUENCES.iter().filter(|it| is_asked(it.case)) {
        first_event(sequence, &stream)?;
    }
    if is_asked(IDLE_MEMORY) {
        memory()?;
    }
    Ok(())
}
