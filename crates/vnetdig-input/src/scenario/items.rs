//! How the items of a text's lists make facts, where one fact takes several of them: records of one name and type
//! are one record set, wherever they stand. A text that is changed in place keeps them as they are.

use indexmap::IndexMap;
use vnetdig_model::record::ZoneDataId;
use vnetdig_model::{Fqdn, RecordData, RecordType};

/// The items that declare records, by the body of data and in the order of the text. Bodies where each item is a
/// set of its own are left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Items {
    pub(super) records: IndexMap<ZoneDataId, Vec<RecordItem>>,
}

/// An item of a list of records.
#[derive(Clone, Debug)]
pub(super) struct RecordItem {
    /// Owner, relative to the zone if it lies there, so that it stays when the zone is renamed.
    pub(super) name: String,
    /// Type.
    pub(super) record_type: RecordType,
    /// Whether it gives a TTL.
    pub(super) has_ttl: bool,
    /// Its own part of the set's data.
    pub(super) data: Vec<RecordData>,
}

impl RecordItem {
    /// The name under which an owner is kept.
    pub(super) fn name(owner: &Fqdn, apex: &Fqdn) -> String {
        owner.relative_to(apex).unwrap_or_else(|| format!("{owner}."))
    }
}

/// Parts of data for items that had parts of it before, in order; data that is new joins the item it stands behind.
pub(super) fn shares(items: &[&RecordItem], data: &[RecordData]) -> Vec<Vec<RecordData>> {
    let mut shares = vec![Vec::new(); items.len()];
    let mut at = 0;
    for one in data {
        at = (at..items.len()).find(|index| items[*index].data.contains(one)).unwrap_or(at);
        if let Some(share) = shares.get_mut(at) {
            share.push(one.clone());
        }
    }
    shares
}
