//! A list that needs no memory of its own while it is short.

use alloc::vec::Vec;

/// A list of up to `N` elements in place, and of any number on the heap.
#[derive(Clone)]
pub(super) struct ShortList<T, const N: usize> {
    near: [T; N],
    /// How many elements are in `near`.
    len: usize,
    /// All elements, once there were more than `N`.
    far: Option<Vec<T>>,
}

impl<T: Copy + Default, const N: usize> Default for ShortList<T, N> {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl<T: Copy + Default, const N: usize> ShortList<T, N> {
    /// An empty list; on the heap from the start where `expected` elements do not fit in place.
    pub(super) fn with_capacity(expected: usize) -> Self {
        Self {
            near: [T::default(); N],
            len: 0,
            far: (expected > N).then(|| Vec::with_capacity(expected)),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, value: T) {
        if let Some(far) = &mut self.far {
            return far.push(value);
        }
        match self.near.get_mut(self.len) {
            Some(free) => {
                *free = value;
                self.len += 1;
            }
            None => self.move_away(value),
        }
    }

    #[inline]
    pub(super) fn extend_from_slice(&mut self, values: &[T]) {
        if let Some(far) = &mut self.far {
            return far.extend_from_slice(values);
        }
        let end = self.len + values.len();
        match self.near.get_mut(self.len..end) {
            Some(free) => {
                free.copy_from_slice(values);
                self.len = end;
            }
            None => values.iter().for_each(|value| self.push(*value)),
        }
    }

    #[inline(never)]
    fn move_away(&mut self, value: T) {
        let mut far = Vec::with_capacity(4 * N);
        far.extend_from_slice(&self.near);
        far.push(value);
        self.far = Some(far);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<T> {
        if let Some(far) = &mut self.far {
            return far.pop();
        }
        self.len = self.len.checked_sub(1)?;
        self.near.get(self.len).copied()
    }

    /// Removes all elements and keeps their memory.
    pub(super) fn clear(&mut self) {
        self.len = 0;
        if let Some(far) = &mut self.far {
            far.clear();
        }
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[T] {
        match &self.far {
            Some(far) => far,
            None => self.near.get(..self.len).unwrap_or_default(),
        }
    }

    #[inline]
    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        match &mut self.far {
            Some(far) => far,
            None => self.near.get_mut(..self.len).unwrap_or_default(),
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.far.as_ref().map_or(self.len, Vec::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_the_same_in_place_and_on_the_heap() {
        for expected in [0, 4, 9] {
            let mut list = ShortList::<u32, 4>::with_capacity(expected);
            let mut same = Vec::new();
            assert_eq!(list.pop(), None);
            for value in 0..9 {
                list.push(value);
                same.push(value);
                assert_eq!(list.as_slice(), same);
            }
            list.extend_from_slice(&[9, 10]);
            same.extend_from_slice(&[9, 10]);
            assert_eq!(list.as_slice(), same);
            assert_eq!((list.as_slice(), list.len()), (&same[..], same.len()));
            list.as_mut_slice()[9] = 40;
            assert_eq!([list.pop(), list.pop()], [Some(10), Some(40)]);
            list.push(7);
            assert_eq!(list.as_slice(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 7]);
        }
    }
}
