//! Runs the example on its samples.

use std::process::{Command, Output};

fn parse(sample: &str) -> std::io::Result<(Option<i32>, String)> {
    let output = run(&[sample])?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((output.status.code(), text))
}

fn run(samples: &[&str]) -> std::io::Result<Output> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");
    Command::new(env!("CARGO_BIN_EXE_example-parse"))
        .current_dir(directory)
        .args(samples)
        .output()
}

#[test]
fn names_the_file_that_cannot_be_read_and_reads_the_others() -> std::io::Result<()> {
    let output = run(&["missing.json", "broken.json"])?;
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.starts_with("missing.json: "), "{complaint}");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.starts_with("broken.json: "), "{text}");
    Ok(())
}

#[test]
fn is_silent_about_what_is_valid() -> std::io::Result<()> {
    assert_eq!(parse("valid.json")?, (Some(0), String::new()));
    Ok(())
}

#[test]
fn names_each_member_that_is_wrong() -> std::io::Result<()> {
    let (code, text) = parse("broken.json")?;
    assert_eq!(code, Some(1));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    for (line, param) in lines
        .iter()
        .zip(["input[0].content[0].text", "temperature"])
    {
        let start = format!("broken.json: {param}: ");
        assert!(line.starts_with(&start), "{line}");
    }
    Ok(())
}
