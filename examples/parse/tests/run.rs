//! Runs the example on its samples.

use std::process::Command;

fn parse(sample: &str) -> std::io::Result<(Option<i32>, String)> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/samples");
    let output = Command::new(env!("CARGO_BIN_EXE_example-parse"))
        .current_dir(directory)
        .arg(sample)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((output.status.code(), text))
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
