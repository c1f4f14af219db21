//! Runs shapes of growing sizes. The arguments of the program are a part of the names of the shapes (may be
//! empty), and sizes in bytes.

use std::process::ExitCode;

use bytes::Bytes;

/// Passes each shape in each size to `counted`, with what belongs to the shape. Prints the size, the name and the
/// status that `counted` returns.
pub fn run<T>(
    shapes: impl IntoIterator<Item = (impl AsRef<str>, fn(usize) -> String, T)>,
    counted: impl Fn(Bytes, &T) -> u16,
) -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let part = arguments.next().unwrap_or_default();
    let sizes = arguments.map(|size| size.parse());
    let Ok(sizes) = sizes.collect::<Result<Vec<usize>, _>>() else {
        eprintln!("the arguments are a part of a name, and sizes in bytes");
        return ExitCode::FAILURE;
    };
    for (name, shape, of_it) in shapes {
        let name = name.as_ref();
        if !name.contains(&part) {
            continue;
        }
        for size in &sizes {
            let text = sized(shape, *size);
            let length = text.len();
            println!("{length}\t{name}\t{}", counted(text.into(), &of_it));
        }
    }
    ExitCode::SUCCESS
}

/// A text of a shape with about so many bytes.
fn sized(shape: fn(usize) -> String, bytes: usize) -> String {
    let (small, large) = (shape(100).len(), shape(200).len());
    let each = (large - small).max(100) / 100;
    shape(bytes.saturating_sub(small) / each + 100)
}
