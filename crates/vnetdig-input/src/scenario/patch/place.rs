//! Where a value of the canonical tree stands in the files of the user.

use super::super::Document;
use super::super::shape::{Object, Shape};
use super::view::{Path, ROOT, Step, is_same_key, may_hold};
use crate::tree::{Entry, Map, Node};

/// A value in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'t> {
    pub(super) document: usize,
    pub(super) node: Node<'t>,
    pub(super) shape: &'static Shape,
    pub(super) holder: Holder<'t>,
}

/// What holds a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holder<'t> {
    /// It is the whole file.
    Nothing,
    /// An entry of this mapping.
    Map { map: Node<'t>, index: usize },
    /// An item of this list.
    List { list: Node<'t>, index: usize },
}

/// The values at a path: one, none, or several where files are merged. `None`: it cannot be told which they are.
pub(super) fn locate<'t>(
    documents: &'t [Document],
    path: &[Step],
    count_of: &impl Fn(&[Step]) -> Option<usize>,
) -> Option<Vec<Spot<'t>>> {
    let whole = |(document, one): (usize, &'t Document)| Spot {
        document,
        node: one.tree().root(),
        shape: &ROOT,
        holder: Holder::Nothing,
    };
    let mut spots: Vec<Spot<'t>> = documents.iter().enumerate().map(whole).collect();
    for (depth, step) in path.iter().enumerate() {
        spots = match step {
            Step::Key(key) => {
                let mut below = Vec::new();
                for spot in spots {
                    if let Some(child) = spot.child(key) {
                        // An alias shows the value of its anchor, which stands elsewhere.
                        if !is_within(child.node, spot.node) {
                            return None;
                        }
                        below.push(child);
                    }
                }
                below
            }
            Step::Index(index) => {
                let items = items(&spots);
                if count_of(&path[..depth]) != Some(items.len()) {
                    return None;
                }
                vec![*items.get(*index)?]
            }
        };
    }
    Some(spots)
}

fn is_within(inner: Node<'_>, outer: Node<'_>) -> bool {
    let (inner, outer) = (inner.span(), outer.span());
    // An empty value may stand at the very end, after what counts as the end of the mapping.
    outer.start <= inner.start && (inner.end <= outer.end || inner.start == inner.end)
}

/// The items of lists at one path, file by file; a value that stands alone is the only item.
pub(super) fn items<'t>(spots: &[Spot<'t>]) -> Vec<Spot<'t>> {
    let mut all = Vec::new();
    for spot in spots {
        let (Shape::List(item) | Shape::Pair(item)) = resolved(spot.shape, spot.node) else { continue };
        match spot.node.list() {
            Some(list) => all.extend(list.iter().enumerate().map(|(index, node)| Spot {
                document: spot.document,
                node,
                shape: item,
                holder: Holder::List { list: spot.node, index },
            })),
            None if spot.node.scalar().is_some_and(crate::tree::Scalar::is_null) => {}
            None => all.push(Spot { shape: item, ..*spot }),
        }
    }
    all
}

/// The shape that a value has where it may have several.
fn resolved(shape: &'static Shape, node: Node<'_>) -> &'static Shape {
    match shape {
        Shape::Either(all) => all.iter().find(|one| may_hold(one, node.map().is_some())).unwrap_or(shape),
        _ => shape,
    }
}

impl Spot<'_> {
    /// The value under a key in the long form.
    pub(super) fn child(self, key: &str) -> Option<Self> {
        match resolved(self.shape, self.node) {
            Shape::Object(object) => self.in_object(object, key),
            Shape::Short(object, _) if self.node.map().is_some() => self.in_object(object, key),
            Shape::Short(object, short) => {
                let known = object.key(key).filter(|known| known.is_spelled(short))?;
                Some(Spot { shape: &known.shape, ..self })
            }
            Shape::Named(named) => self.entry(|given| is_same_key(named.key, given, key), &named.value),
            Shape::ByKey(all) => {
                let map = self.node.map()?;
                let (_, object) = all.iter().find(|(key, _)| map.get(key).is_some())?;
                self.in_object(object, key)
            }
            Shape::Variants(variants) => {
                let known = variants.keys.iter().find(|known| known.name == key)?;
                let map = self.node.map()?;
                let is_said = map.iter().any(|entry| variants.keys.iter().any(|one| one.is_spelled(entry.key.text)));
                if is_said {
                    self.entry(|given| known.is_spelled(given), &known.shape)
                } else {
                    (variants.default == Some(key)).then_some(Spot { shape: &known.shape, ..self })
                }
            }
            _ => None,
        }
    }

    fn in_object(self, object: &'static Object, key: &str) -> Option<Self> {
        let known = object.key(key)?;
        self.entry(|given| known.is_spelled(given), &known.shape)
    }

    fn entry(self, is_it: impl Fn(&str) -> bool, shape: &'static Shape) -> Option<Self> {
        let (index, entry) = self.node.map()?.iter().enumerate().find(|(_, entry)| is_it(entry.key.text))?;
        Some(Spot { document: self.document, node: entry.value, shape, holder: Holder::Map { map: self.node, index } })
    }
}

/// The entry of a mapping at a position.
pub(super) fn entry_at(map: Map<'_>, index: usize) -> Option<Entry<'_>> {
    map.iter().nth(index)
}

/// The path of what holds the value at a path.
pub(super) fn parent(path: &[Step]) -> Path {
    path[..path.len().saturating_sub(1)].to_vec()
}
