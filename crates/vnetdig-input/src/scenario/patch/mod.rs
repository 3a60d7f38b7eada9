//! From a changed [`Scenario`] to the smallest change of the files it was read from.
//!
//! Both scenarios are written as canonical trees, which are compared. Each difference is looked for in the files,
//! whatever form the user gave it there, and changed in place. The changed files are then read again: unless they
//! say exactly what is wanted, the values that came out wrong are replaced one level further up, and in the end
//! the patch is refused. A patch that is returned is therefore right.

mod comments;
mod edit;
mod place;
mod view;

use std::ops::Range;

use indexmap::IndexMap;
use vnetdig_model::{Scenario, Severity, SourceId, SourceMap};

use super::items::Items;
use super::lower::lower_with_items;
use super::write::records::derived;
use super::write::yaml::{Layout, Node as Written};
use super::write::{tree, tree_by_item};
use super::{Document, lower, parse, write};
use crate::Limits;
use crate::tree::Map;
use comments::comments;
use edit::{Edit, New, Page};
use place::{Holder, Spot, items, locate, parent};
use view::{Change, Kind, Path, ROOT, Step, View, What, diff};

/// How often values are replaced further up before the patch is refused.
const MOST_ROUNDS: usize = 12;

/// More differences than this are not patched: each of them reads its file again.
const MOST_CHANGES: usize = 512;

const DERIVED: &str = "which records Azure writes by itself would change in a way that no declaration says";

const COMMENTED: &str = "what must be written anew there holds comments, which would be lost";

/// Changes to the texts that a scenario was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// What to replace, in the order of texts and places; no two overlap.
    pub replacements: Vec<Replacement>,
}

/// A stretch of a text and what takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The text.
    pub source: SourceId,
    /// First byte that is replaced.
    pub start: u32,
    /// The byte after the last one; the same as `start` where something is only put in.
    pub end: u32,
    /// The new text.
    pub text: String,
}

/// Why there is no patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpatchable {
    /// The reason, as a sentence without its full stop.
    pub reason: &'static str,
    /// The keys and positions on the way to what cannot be changed, such as `topology/peerings/2`.
    pub path: String,
}

impl std::fmt::Display for Unpatchable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() { f.write_str(self.reason) } else { write!(f, "{}: {}", self.path, self.reason) }
    }
}

impl std::error::Error for Unpatchable {}

impl Patch {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.replacements.is_empty()
    }

    /// The new text of a source.
    #[must_use]
    pub fn apply(&self, sources: &SourceMap, source: SourceId) -> String {
        let text = sources.source(source).text();
        let mut new = String::with_capacity(text.len());
        let mut at = 0;
        for Replacement { start, end, text: put, .. } in self.replacements.iter().filter(|one| one.source == source) {
            new.push_str(text.get(at..*start as usize).unwrap_or_default());
            new.push_str(put);
            at = *end as usize;
        }
        new.push_str(text.get(at..).unwrap_or_default());
        new
    }
}

/// The changes that turn the texts of `before` into texts of `after`.
///
/// `documents` are all files that `before` was read from, in that order; `before` and `after` may have switches
/// that the files do not set, the same ones. What the scenario language cannot say is not compared.
///
/// # Errors
///
/// When the files do not say what `before` says, or no change of them was found that says what `after` says.
pub fn patch(
    sources: &SourceMap,
    documents: &[Document],
    before: &Scenario,
    after: &Scenario,
) -> Result<Patch, Unpatchable> {
    let refused = |reason| Unpatchable { reason, path: String::new() };
    let (read, items) = lower_with_items(documents);
    let written = |scenario: &Scenario| tree_by_item(scenario, &items);
    let (given, mut old, mut new, mut plain) = (written(&read.value), written(before), written(after), tree(after));
    if before.topology.facts().switches == after.topology.facts().switches {
        // They may come from the command line.
        old = with_switches_of(old, &given);
        new = with_switches_of(new, &given);
        plain = with_switches_of(plain, &given);
    }
    if !documents.iter().all(Document::is_sound) || View::of(&given, &ROOT) != View::of(&old, &ROOT) {
        return Err(refused("the files do not say what the scenario says"));
    }
    let (old, new) = (View::of(&old, &ROOT), View::of(&new, &ROOT));
    let mut whole: Vec<Path> = Vec::new();
    let mut commented: Option<Path> = None;
    for _ in 0..MOST_ROUNDS {
        let changes = diff(&old, &new, &whole);
        if changes.is_empty() {
            let is_same = derived(&before.topology) == derived(&after.topology);
            return if is_same { Ok(Patch::default()) } else { Err(refused(DERIVED)) };
        }
        if changes.len() > MOST_CHANGES {
            return Err(refused("too much differs to be changed in place"));
        }
        let mut draft = Draft::new(sources, documents, &old);
        let mut wrong: Vec<Path> = Vec::new();
        for change in changes.iter().rev() {
            if draft.make(change).is_none() {
                wrong.push(change.path.clone());
            }
        }
        commented = commented.or(draft.commented.take());
        if wrong.is_empty() {
            match draft.differences(&new, &plain) {
                Some(paths) if paths.is_empty() => {
                    let is_same = derived(&draft.lowered().topology) == derived(&after.topology);
                    return if is_same { Ok(draft.patch()) } else { Err(refused(DERIVED)) };
                }
                Some(paths) => wrong.extend(paths.iter().flat_map(|path| nearest(&changes, path))),
                None => wrong.extend(changes.iter().map(|change| change.path.clone())),
            }
        }
        let tried = whole.clone();
        for path in wrong {
            let mut up = parent(&path);
            while tried.contains(&up) {
                up = parent(&up);
            }
            if up.len() < 2 {
                return Err(why(after, commented.as_deref(), &path));
            }
            if !whole.contains(&up) {
                whole.push(up);
            }
        }
    }
    Err(why(after, commented.as_deref(), &[]))
}

/// Why there is no patch: the wish, a comment that would go, or the form of the files.
fn why(after: &Scenario, commented: Option<&[Step]>, path: &[Step]) -> Unpatchable {
    if !is_sayable(after) {
        return Unpatchable { reason: "the scenario language cannot say what is wanted", path: shown(path) };
    }
    match commented {
        Some(path) => Unpatchable { reason: COMMENTED, path: shown(path) },
        None => Unpatchable { reason: "the files cannot be changed there to say it", path: shown(path) },
    }
}

/// Whether a scenario, written anew, reads as itself.
fn is_sayable(scenario: &Scenario) -> bool {
    let text = write(scenario);
    let mut sources = SourceMap::default();
    let id = sources.add("", text.as_str());
    let parsed = parse(&sources, id, &Limits::default());
    parsed.is_usable() && write(&lower(&[parsed.value], &[]).value) == text
}

fn shown(path: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => (index + 1).to_string(),
    };
    path.iter().map(step).collect::<Vec<_>>().join("/")
}

/// The paths of the changes that lie nearest to a path.
fn nearest(changes: &[Change<'_>], path: &[Step]) -> Vec<Path> {
    let shared = |change: &Change<'_>| change.path.iter().zip(path).take_while(|(one, other)| one == other).count();
    let most = changes.iter().map(shared).max().unwrap_or_default();
    changes.iter().filter(|change| shared(change) == most).map(|change| change.path.clone()).collect()
}

fn with_switches_of(mut tree: Written, other: &Written) -> Written {
    let switches = match other {
        Written::Map(entries, _) => entries.iter().find(|(key, _)| key == "switches").cloned(),
        _ => None,
    };
    if let Written::Map(entries, _) = &mut tree {
        entries.retain(|(key, _)| key != "switches");
        let at = entries.iter().position(|(key, _)| key == "topology" || key == "checks" || key == "timeline");
        if let Some(switches) = switches {
            entries.insert(at.unwrap_or(entries.len()), switches);
        }
    }
    tree
}

/// The files while they are changed.
struct Draft<'o> {
    old: &'o View<'o>,
    documents: Vec<Document>,
    texts: Vec<Text>,
    /// By how much lists have grown.
    grown: IndexMap<Path, isize>,
    /// The first change that would have lost a comment.
    commented: Option<Path>,
}

/// A text in pieces of the one it was.
struct Text {
    source: SourceId,
    now: String,
    length: usize,
    pieces: Vec<Piece>,
}

enum Piece {
    Kept(usize, usize),
    New(String),
}

impl<'o> Draft<'o> {
    fn new(sources: &SourceMap, documents: &[Document], old: &'o View<'o>) -> Self {
        let text = |document: &Document| {
            let now = sources.source(document.source()).text().to_owned();
            let pieces = vec![Piece::Kept(0, now.len())];
            Text { source: document.source(), length: now.len(), now, pieces }
        };
        let texts = documents.iter().map(text).collect();
        Self { old, documents: documents.to_vec(), texts, grown: IndexMap::default(), commented: None }
    }

    /// How many items a list of the canonical tree has by now.
    fn count(&self, path: &[Step]) -> Option<usize> {
        let mut view = self.old;
        for step in path {
            view = match (&view.kind, step) {
                (Kind::Map(entries), Step::Key(key)) => &entries.iter().find(|entry| entry.key == *key)?.value,
                (Kind::List(items), Step::Index(index)) => items.get(*index)?,
                _ => return None,
            };
        }
        let Kind::List(items) = &view.kind else { return None };
        items.len().checked_add_signed(self.grown.get(path).copied().unwrap_or_default())
    }

    /// Makes a change; `None` if it cannot be made there.
    fn make(&mut self, change: &Change<'_>) -> Option<()> {
        let above = parent(&change.path);
        let last = change.path.last()?;
        let mut all: Vec<(usize, Vec<Edit>)> = Vec::new();
        let mut gone: Vec<(usize, Range<usize>)> = Vec::new();
        let mut growth = 0;
        {
            let documents = &self.documents;
            let find = |path: &[Step]| locate(documents, path, &|path| self.count(path));
            let page = |spot: &Spot<'_>| Page { text: &self.texts[spot.document].now };
            match (&change.what, last) {
                (What::Set { spelled, value, behind }, _) => {
                    let spots = find(&change.path)?;
                    let key = match last {
                        Step::Key(key) => Some(key.as_str()),
                        Step::Index(_) => None,
                    };
                    match spots.as_slice() {
                        [spot] => all.push((spot.document, page(spot).replace(*spot, key, value.node)?)),
                        [] => {
                            let spots = find(&above)?;
                            let new = New::Entry(if spelled.is_empty() { key? } else { spelled }, value.node);
                            let (spot, at) = anchor(&spots, behind)?;
                            all.push((spot.document, self.put(spot, at, new)?));
                        }
                        _ => return None,
                    }
                }
                (What::Insert(value), Step::Index(index)) => {
                    let spots = find(&above)?;
                    let items = items(&spots);
                    if self.count(&above)? != items.len() {
                        return None;
                    }
                    let near = if *index > 0 { items.get(index - 1) } else { items.first() };
                    let new = New::Item(value.node);
                    let edits = match near {
                        Some(Spot { holder: Holder::List { list, index: place }, document, .. }) => {
                            let at = if *index > 0 { place + 1 } else { 0 };
                            (*document, Page { text: &self.texts[*document].now }.insert(*list, at, new)?)
                        }
                        Some(_) => return None,
                        None => (spots.first()?.document, self.put(*spots.first()?, 0, new)?),
                    };
                    all.push(edits);
                    growth = 1;
                }
                (What::Rename { key, value }, _) => {
                    let spots = find(&change.path)?;
                    let [spot] = spots.as_slice() else { return None };
                    all.push((spot.document, page(spot).rename(*spot, key, value.node)?));
                }
                (What::Insert(_), Step::Key(_)) => return None,
                (What::Remove, _) => {
                    for spot in find(&change.path)? {
                        let (container, index) = match spot.holder {
                            Holder::Map { map, index } => (map, index),
                            Holder::List { list, index } => (list, index),
                            Holder::Nothing => return None,
                        };
                        let holder = find(&above)?
                            .into_iter()
                            .find(|above| above.document == spot.document && above.node.span() == container.span())?;
                        let page = page(&spot);
                        gone.push((spot.document, page.lines(holder.node, index)?));
                        all.push((spot.document, page.remove(holder, index)?));
                    }
                    growth = if matches!(last, Step::Index(_)) { -1 } else { 0 };
                }
            }
        }
        *self.grown.entry(above).or_default() += growth;
        for (document, edits) in all {
            let own = gone.iter().filter(|(other, _)| *other == document);
            let lines: Vec<Range<usize>> = own.map(|(_, lines)| lines.clone()).collect();
            if self.edit(document, edits, &lines).is_none() {
                self.commented.get_or_insert_with(|| change.path.clone());
                return None;
            }
        }
        Some(())
    }

    /// Edits a text; `None` if a comment would be lost that is not beside something on the lines that are to go.
    fn edit(&mut self, document: usize, edits: Vec<Edit>, lines: &[Range<usize>]) -> Option<()> {
        let text = &self.texts[document].now;
        let mut kept = Vec::new();
        for comment in comments(text, self.documents[document].tree().root()) {
            let is_cut = edits.iter().any(|edit| edit.start < comment.end && comment.start < edit.end);
            let line = text[..comment.start].rfind('\n').map_or(0, |at| at + 1);
            let is_beside = !text[line..comment.start].trim().is_empty();
            if !is_cut {
                kept.push(text[comment].to_owned());
            } else if !is_beside || !lines.iter().any(|lines| lines.contains(&comment.start)) {
                return None;
            }
        }
        self.texts[document].edit(edits)?;
        self.documents[document] = self.read(document);
        let text = &self.texts[document].now;
        let left = comments(text, self.documents[document].tree().root());
        left.into_iter().map(|comment| &text[comment]).eq(kept.iter().map(String::as_str)).then_some(())
    }

    /// Puts something into a container, which may be empty or not yet one.
    fn put(&self, spot: Spot<'_>, at: usize, new: New<'_>) -> Option<Vec<Edit>> {
        let page = Page { text: &self.texts[spot.document].now };
        let is_empty = match (spot.node.map(), spot.node.list(), spot.node.scalar()) {
            (Some(map), ..) => map.is_empty(),
            (_, Some(list), _) => list.is_empty(),
            (.., Some(scalar)) if scalar.is_null() => true,
            _ => return None,
        };
        if !is_empty {
            return page.insert(spot.node, at, new);
        }
        let value = match new {
            New::Entry(key, value) => Written::Map(vec![(key.to_owned(), value.clone())], Layout::Compact),
            New::Item(value) => Written::List(vec![value.clone()], Layout::Compact),
        };
        page.replace(spot, None, &value)
    }

    /// Reads a changed text again.
    fn read(&self, document: usize) -> Document {
        let mut sources = SourceMap::default();
        for _ in 0..document {
            sources.add("", "");
        }
        let id = sources.add("", self.texts[document].now.as_str());
        // Half of a change need not make sense; the whole must, which is looked at in the end.
        parse(&sources, id, &Limits::default()).value
    }

    /// What the files say by now.
    fn lowered(&self) -> Scenario {
        lower(&self.documents, &[]).value
    }

    /// Where the files differ from what is wanted; `None` if they cannot be read.
    fn differences(&self, wanted: &View<'_>, plain: &Written) -> Option<Vec<Path>> {
        if !self.documents.iter().all(Document::is_sound) {
            return None;
        }
        let (lowered, items): (_, Items) = lower_with_items(&self.documents);
        let own = |code: &str| code.starts_with("scenario/") || code.starts_with("input/");
        let mut errors = lowered.diagnostics.iter().filter(|one| one.severity == Severity::Error);
        if errors.any(|error| own(error.code)) {
            return None;
        }
        let (found, found_plain) = (tree_by_item(&lowered.value, &items), tree(&lowered.value));
        let found = View::of(&found, &ROOT);
        let paths: Vec<Path> = diff(&found, wanted, &[]).into_iter().map(|change| change.path).collect();
        // Only the order of keys may differ, which is no difference of values but one of declarations.
        let is_said = View::of(&found_plain, &ROOT) == View::of(plain, &ROOT);
        if paths.is_empty() && !(found == *wanted && is_said) { None } else { Some(paths) }
    }

    fn patch(&self) -> Patch {
        Patch { replacements: self.texts.iter().flat_map(Text::replacements).collect() }
    }
}

/// Which of several places of one mapping takes a new key, and before which entry.
fn anchor<'t>(spots: &[Spot<'t>], behind: &[String]) -> Option<(Spot<'t>, usize)> {
    for key in behind {
        for spot in spots {
            if let Some(Spot { holder: Holder::Map { map, index }, .. }) = spot.child(key)
                && map.span() == spot.node.span()
            {
                return Some((*spot, index + 1));
            }
        }
    }
    let spot = spots.first()?;
    let entries = spot.node.map().map_or(0, Map::len);
    Some((*spot, if behind.is_empty() { 0 } else { entries }))
}

impl Text {
    /// Makes edits that do not overlap.
    fn edit(&mut self, mut edits: Vec<Edit>) -> Option<()> {
        edits.sort_by_key(|edit| (edit.start, edit.end));
        for Edit { start, end, text } in edits.into_iter().rev() {
            if start > end || !self.now.is_char_boundary(start) || !self.now.is_char_boundary(end) {
                return None;
            }
            self.now.replace_range(start..end, &text);
            let at = self.split(start);
            let until = self.split(end);
            self.pieces.splice(at..until, [Piece::New(text)]);
        }
        Some(())
    }

    /// The number of the piece that starts at a byte of the text before the edit, made so if need be.
    fn split(&mut self, byte: usize) -> usize {
        let mut at = 0;
        for index in 0..self.pieces.len() {
            let length = match &self.pieces[index] {
                Piece::Kept(start, end) => end - start,
                Piece::New(text) => text.len(),
            };
            if byte <= at {
                return index;
            }
            if byte < at + length {
                let rest = match &mut self.pieces[index] {
                    Piece::Kept(start, end) => {
                        let middle = *start + byte - at;
                        Piece::Kept(middle, std::mem::replace(end, middle))
                    }
                    Piece::New(text) => Piece::New(text.split_off(byte - at)),
                };
                self.pieces.insert(index + 1, rest);
                return index + 1;
            }
            at += length;
        }
        self.pieces.len()
    }

    fn replacements(&self) -> Vec<Replacement> {
        let mut all = Vec::new();
        let mut at = 0;
        let mut text = String::new();
        let offset = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        let end = Piece::Kept(self.length, self.length);
        for piece in self.pieces.iter().chain([&end]) {
            match piece {
                Piece::New(new) => text.push_str(new),
                Piece::Kept(start, end) => {
                    if *start > at || !text.is_empty() {
                        let text = std::mem::take(&mut text);
                        all.push(Replacement { source: self.source, start: offset(at), end: offset(*start), text });
                    }
                    at = *end;
                }
            }
        }
        all
    }
}
