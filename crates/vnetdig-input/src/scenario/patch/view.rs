//! A canonical tree in the long form of everything, and what differs between two.

use super::super::format::{self, Format};
use super::super::grammar;
use super::super::shape::{Object, Shape};
use super::super::write::yaml::{Node, flow};

/// What stands at the top of a file.
pub(super) static ROOT: Shape = Shape::Object(&grammar::SCENARIO);

/// Longest lists that are compared item by item; of longer ones only the ends are.
const MOST_COMPARED: usize = 400;

/// Keys that tell which thing an item is.
const IDENTITY: [&str; 7] = ["between", "half", "name", "vnet", "zone", "from", "at"];

/// A value with its short forms spelled out; `node` is how it is written.
#[derive(Clone, Debug)]
pub(super) struct View<'n> {
    pub(super) node: &'n Node,
    pub(super) kind: Kind<'n>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Kind<'n> {
    Scalar(String),
    List(Vec<View<'n>>),
    Map(Vec<Entry<'n>>),
}

/// An entry: its key in the long form, and as it is written.
#[derive(Clone, Debug)]
pub(super) struct Entry<'n> {
    pub(super) key: String,
    pub(super) spelled: String,
    pub(super) value: View<'n>,
}

impl PartialEq for View<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (Kind::Scalar(one), Kind::Scalar(two)) => one == two,
            (Kind::List(one), Kind::List(two)) => one == two,
            (Kind::Map(one), Kind::Map(two)) => {
                let same = |(a, b): (&Entry<'_>, &Entry<'_>)| a.key == b.key && a.value == b.value;
                one.len() == two.len() && one.iter().zip(two).all(same)
            }
            _ => false,
        }
    }
}

impl<'n> View<'n> {
    /// A canonical tree as the grammar sees it.
    pub(super) fn of(node: &'n Node, shape: &'static Shape) -> Self {
        let kind = match (shape, node) {
            (Shape::Short(object, _) | Shape::Object(object), Node::Map(entries, _)) => object_of(object, entries),
            (Shape::Short(object, short), _) => match object.key(short) {
                Some(key) => {
                    let value = Self::of(node, &key.shape);
                    Kind::Map(vec![Entry { key: key.name.to_owned(), spelled: (*short).to_owned(), value }])
                }
                None => Kind::Scalar(flow(node)),
            },
            (Shape::List(item) | Shape::Pair(item), Node::List(items, _)) => {
                Kind::List(items.iter().map(|one| Self::of(one, item)).collect())
            }
            (Shape::List(item), _) => Kind::List(vec![Self::of(node, item)]),
            (Shape::Named(named), Node::Map(entries, _)) => Kind::Map(
                entries
                    .iter()
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        spelled: key.clone(),
                        value: Self::of(value, &named.value),
                    })
                    .collect(),
            ),
            (Shape::ByKey(all), Node::Map(entries, _)) => {
                let object = all.iter().find(|(key, _)| entries.iter().any(|(given, _)| given == key));
                object.map_or_else(|| Kind::Scalar(flow(node)), |(_, object)| object_of(object, entries))
            }
            (Shape::Variants(variants), Node::Map(entries, _)) => {
                let given = entries.iter().find_map(|(given, value)| {
                    variants.keys.iter().find(|key| key.is_spelled(given)).map(|key| (key, value))
                });
                let default = || Some((variants.keys.iter().find(|key| Some(key.name) == variants.default)?, node));
                match given.or_else(default) {
                    Some((key, value)) => Kind::Map(vec![Entry {
                        key: key.name.to_owned(),
                        spelled: key.name.to_owned(),
                        value: Self::of(value, &key.shape),
                    }]),
                    None => Kind::Scalar(flow(node)),
                }
            }
            (Shape::Either(all), Node::Map(..) | Node::List(..)) => {
                let is_map = matches!(node, Node::Map(..));
                match all.iter().find(|shape| may_hold(shape, is_map)) {
                    Some(shape) => return Self::of(node, shape),
                    None => Kind::Scalar(flow(node)),
                }
            }
            (_, Node::Bare(text) | Node::Text(text) | Node::Prose(text)) => Kind::Scalar(text.clone()),
            _ => Kind::Scalar(flow(node)),
        };
        Self { node, kind }
    }
}

/// Whether a mapping, or a list, may stand there.
pub(super) fn may_hold(shape: &Shape, is_map: bool) -> bool {
    match shape {
        Shape::Object(_) | Shape::Short(..) | Shape::Named(_) | Shape::ByKey(_) | Shape::Variants(_) => is_map,
        Shape::List(_) | Shape::Pair(_) => !is_map,
        _ => false,
    }
}

fn object_of<'n>(object: &'static Object, entries: &'n [(String, Node)]) -> Kind<'n> {
    let entry = |(spelled, node): &'n (String, Node)| {
        let key = object.key(spelled);
        let value = match key {
            Some(key) => View::of(node, &key.shape),
            None => View { node, kind: Kind::Scalar(flow(node)) },
        };
        Entry { key: key.map_or(spelled.as_str(), |key| key.name).to_owned(), spelled: spelled.clone(), value }
    };
    Kind::Map(entries.iter().map(entry).collect())
}

/// Whether two keys that a writer chose are the same.
pub(super) fn is_same_key(format: Format, one: &str, other: &str) -> bool {
    let is_domain = matches!(format, Format::Domain);
    one == other || (is_domain && format::domain(one).is_ok_and(|name| format::domain(other).is_ok_and(|o| o == name)))
}

/// A step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// By key, in the long form.
    Key(String),
    /// By position among the items before the change.
    Index(usize),
}

/// The way to a value from the top.
pub(super) type Path = Vec<Step>;

/// One difference. Paths are those of the tree before, so changes are made from the last to the first.
#[derive(Clone, Debug)]
pub(super) struct Change<'v> {
    pub(super) path: Path,
    pub(super) what: What<'v>,
}

/// What differs.
#[derive(Clone, Debug)]
pub(super) enum What<'v> {
    /// The value is another one, or the key is new; the keys before it are those it may stand behind, nearest first.
    Set { spelled: String, value: &'v View<'v>, behind: Vec<String> },
    /// The key is another one, and perhaps the value.
    Rename { key: &'v str, value: &'v View<'v> },
    /// An item is new, before the one at the path.
    Insert(&'v View<'v>),
    /// The key or item is gone.
    Remove,
}

/// What to change so that `before` becomes `after`; values at the paths of `whole` are replaced whole.
pub(super) fn diff<'v>(before: &View<'_>, after: &'v View<'v>, whole: &[Path]) -> Vec<Change<'v>> {
    let mut diff = Diff { whole, path: Vec::new(), found: Vec::new() };
    diff.values(before, after, String::new());
    diff.found
}

struct Diff<'w, 'v> {
    whole: &'w [Path],
    path: Path,
    found: Vec<Change<'v>>,
}

impl<'v> Diff<'_, 'v> {
    fn push(&mut self, step: Option<Step>, what: What<'v>) {
        let path = self.path.iter().cloned().chain(step).collect();
        self.found.push(Change { path, what });
    }

    fn below(&mut self, step: Step, before: &View<'_>, after: &'v View<'v>, spelled: String) {
        self.path.push(step);
        self.values(before, after, spelled);
        self.path.pop();
    }

    fn values(&mut self, before: &View<'_>, after: &'v View<'v>, spelled: String) {
        if before == after {
            return;
        }
        match (&before.kind, &after.kind) {
            _ if self.whole.contains(&self.path) => {
                self.push(None, What::Set { spelled, value: after, behind: Vec::new() });
            }
            // A peering becomes halves of itself, the first of them in its place.
            (Kind::Map(old), Kind::Map(new)) if is_split(before, after) => self.split(old, new),
            (Kind::Map(old), Kind::Map(new)) => self.entries(old, new),
            (Kind::List(old), Kind::List(new)) => self.items(old, new),
            _ => self.push(None, What::Set { spelled, value: after, behind: Vec::new() }),
        }
    }

    fn entries(&mut self, old: &[Entry<'_>], new: &'v [Entry<'v>]) {
        for entry in old {
            match new.iter().find(|other| other.key == entry.key) {
                Some(other) => {
                    self.below(Step::Key(entry.key.clone()), &entry.value, &other.value, other.spelled.clone());
                }
                None => self.push(Some(Step::Key(entry.key.clone())), What::Remove),
            }
        }
        for (index, entry) in new.iter().enumerate() {
            if !old.iter().any(|other| other.key == entry.key) {
                let behind = new[..index].iter().rev().map(|entry| entry.key.clone()).collect();
                let what = What::Set { spelled: entry.spelled.clone(), value: &entry.value, behind };
                self.push(Some(Step::Key(entry.key.clone())), what);
            }
        }
    }

    /// The keys of a peering as those of its first half.
    fn split(&mut self, old: &[Entry<'_>], new: &'v [Entry<'v>]) {
        let renamed = |key: &str| if key == "between" { "half".to_owned() } else { format!("allow-{key}") };
        for entry in old {
            let what = match new.iter().find(|other| other.key == renamed(&entry.key)) {
                Some(other) => What::Rename { key: &other.key, value: &other.value },
                None => What::Remove,
            };
            self.push(Some(Step::Key(entry.key.clone())), what);
        }
        for (index, entry) in new.iter().enumerate() {
            if !old.iter().any(|other| renamed(&other.key) == entry.key) {
                let behind = new[..index].iter().rev().map(|entry| entry.key.clone()).chain(["between".to_owned()]);
                let (spelled, behind) = (entry.spelled.clone(), behind.collect());
                self.push(Some(Step::Key(entry.key.clone())), What::Set { spelled, value: &entry.value, behind });
            }
        }
    }

    fn items(&mut self, old: &[View<'_>], new: &'v [View<'v>]) {
        let (mut i, mut j) = (0, 0);
        for (x, y) in common(old, new).into_iter().chain([(old.len(), new.len())]) {
            self.run(old, i..x, &new[j..y]);
            (i, j) = (x + 1, y + 1);
        }
    }

    /// Items between two that stayed.
    fn run(&mut self, old: &[View<'_>], range: std::ops::Range<usize>, new: &'v [View<'v>]) {
        let is_even = range.len() == new.len();
        let mut rest = new;
        for index in range.clone() {
            let partner = if is_even { Some(0) } else { rest.iter().position(|one| is_same_thing(&old[index], one)) };
            match partner {
                Some(at) => {
                    for one in &rest[..at] {
                        self.push(Some(Step::Index(index)), What::Insert(one));
                    }
                    self.below(Step::Index(index), &old[index], &rest[at], String::new());
                    rest = &rest[at + 1..];
                }
                None => self.push(Some(Step::Index(index)), What::Remove),
            }
        }
        for one in rest {
            self.push(Some(Step::Index(range.end)), What::Insert(one));
        }
    }
}

/// What says which thing an item is.
fn identity<'a>(view: &'a View<'_>) -> Option<&'a View<'a>> {
    let Kind::Map(entries) = &view.kind else { return None };
    let find = |key: &&str| entries.iter().find(|entry| entry.key == *key);
    IDENTITY.iter().find_map(find).map(|entry| &entry.value)
}

/// Whether two items are about one thing, or one is a half of the other.
fn is_same_thing(old: &View<'_>, new: &View<'_>) -> bool {
    is_split(old, new) || identity(old).is_some() && identity(old) == identity(new)
}

/// Whether an item says both halves of a peering, and another one the first of them.
fn is_split(old: &View<'_>, new: &View<'_>) -> bool {
    matches!((ends(old), ends(new)), (Some((true, one)), Some((false, half))) if one == half)
}

/// The ends of a peering, and whether the item says both halves.
fn ends(view: &View<'_>) -> Option<(bool, String)> {
    let Kind::Map(entries) = &view.kind else { return None };
    entries.iter().find_map(|entry| match (entry.key.as_str(), &entry.value.kind) {
        ("between", Kind::List(ends)) => {
            let ends: Vec<&str> = ends
                .iter()
                .filter_map(|end| match &end.kind {
                    Kind::Scalar(name) => Some(name.as_str()),
                    _ => None,
                })
                .collect();
            Some((true, ends.join(" -> ")))
        }
        ("half", Kind::Scalar(ends)) => Some((false, ends.clone())),
        _ => None,
    })
}

/// Positions of a longest common run of items, in order.
fn common(old: &[View<'_>], new: &[View<'_>]) -> Vec<(usize, usize)> {
    let ahead = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (rest_old, rest_new) = (&old[ahead..], &new[ahead..]);
    let behind = rest_old.iter().rev().zip(rest_new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (rest_old, rest_new) = (&rest_old[..rest_old.len() - behind], &rest_new[..rest_new.len() - behind]);
    let mut pairs: Vec<(usize, usize)> = (0..ahead).map(|index| (index, index)).collect();
    let (rows, columns) = (rest_old.len(), rest_new.len());
    if rows <= MOST_COMPARED && columns <= MOST_COMPARED {
        let mut longest = vec![vec![0_u32; columns + 1]; rows + 1];
        for row in (0..rows).rev() {
            for column in (0..columns).rev() {
                longest[row][column] = if rest_old[row] == rest_new[column] {
                    longest[row + 1][column + 1] + 1
                } else {
                    longest[row + 1][column].max(longest[row][column + 1])
                };
            }
        }
        let (mut row, mut column) = (0, 0);
        while row < rows && column < columns {
            if rest_old[row] == rest_new[column] {
                pairs.push((ahead + row, ahead + column));
                (row, column) = (row + 1, column + 1);
            } else if longest[row + 1][column] >= longest[row][column + 1] {
                row += 1;
            } else {
                column += 1;
            }
        }
    }
    pairs.extend((0..behind).map(|index| (old.len() - behind + index, new.len() - behind + index)));
    pairs
}
