//! The order in which the same facts are declared.

/// A permutation for every table: turned, and possibly back to front.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Order {
    /// By how much each list is turned.
    pub(crate) turn: usize,
    /// Whether each list is read backwards.
    pub(crate) backwards: bool,
}

impl Order {
    /// The positions from zero to `count` in this order.
    pub(crate) fn of(self, count: usize) -> Vec<usize> {
        let mut positions: Vec<usize> = (0..count).collect();
        if count > 0 {
            positions.rotate_left(self.turn % count);
        }
        if self.backwards {
            positions.reverse();
        }
        positions
    }

    /// Makes one thing for each position in this order, and lists their ids by position.
    pub(crate) fn each<T>(self, count: usize, mut make: impl FnMut(usize) -> T) -> Vec<T> {
        let mut ids: Vec<(usize, T)> = self.of(count).into_iter().map(|position| (position, make(position))).collect();
        ids.sort_by_key(|(position, _)| *position);
        ids.into_iter().map(|(_, id)| id).collect()
    }
}
