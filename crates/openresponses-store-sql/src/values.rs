//! Lists of values in statements. Their lengths are powers of two, so that few statements differ: a
//! connection keeps a number of them prepared.

use std::fmt::Write as _;

use sqlx::Any;

use crate::database::Write;
use crate::error::SqlStoreError;

/// Returns `($FIRST, .., $LAST)` for so many values.
pub(crate) fn list(first: usize, count: usize) -> String {
    let mut list = String::from("(");
    for at in 0..count {
        let comma = if at == 0 { "" } else { ", " };
        // Printing into a string cannot fail.
        let _ = write!(list, "{comma}${}", first + at);
    }
    list.push(')');
    list
}

/// Returns values to look for, with the last one as often as the length of the list wants.
pub(crate) fn padded<T>(values: &[T]) -> impl ExactSizeIterator<Item = &T> {
    let last = values.len().saturating_sub(1);
    let length = match values.len() {
        0 => 0,
        length => length.next_power_of_two(),
    };
    // The index is that of a value.
    (0..length).map(move |at| &values[at.min(last)])
}

/// Deletes the rows of a scope in which a column of a table has one of some values.
pub(crate) async fn delete_rows(
    write: &mut Write<'_>,
    (table, column): (&str, &str),
    scope: &str,
    values: &[String],
) -> Result<(), SqlStoreError> {
    if values.is_empty() {
        return Ok(());
    }
    let values = padded(values);
    let list = list(2, values.len());
    let query = format!("DELETE FROM {table} WHERE scope = $1 AND {column} IN {list}");
    let delete = sqlx::query::<Any>(write.dialect.sql(&query)).bind(scope);
    let delete = values.fold(delete, |delete, value| delete.bind(&**value));
    delete.execute(&mut *write.transaction).await?;
    Ok(())
}

/// Returns parts of values to insert, each of up to `most` of them.
pub(crate) fn parts<T>(values: &[T], most: usize) -> impl Iterator<Item = &[T]> {
    let mut rest = values;
    std::iter::from_fn(move || {
        let length = rest.len().min(most).checked_ilog2()?;
        let (part, others) = rest.split_at(1 << length);
        rest = others;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_a_place_for_each_value() {
        assert_eq!(list(2, 3), "($2, $3, $4)");
        let padded = |values: &[u8]| padded(values).copied().collect::<Vec<_>>();
        assert_eq!(padded(&[]), [0_u8; 0]);
        assert_eq!(padded(&[1]), [1]);
        assert_eq!(padded(&[1, 2, 3, 4, 5]), [1, 2, 3, 4, 5, 5, 5, 5]);
    }

    #[test]
    fn parts_are_all_values_in_order() {
        let values: Vec<usize> = (0..1300).collect();
        let all: Vec<&[usize]> = parts(&values, 500).collect();
        assert_eq!(all.concat(), values);
        let lengths: Vec<usize> = all.iter().map(|part| part.len()).collect();
        assert_eq!(lengths, [256, 256, 256, 256, 256, 16, 4]);
        assert_eq!(parts(&values[..0], 500).count(), 0);
    }
}
