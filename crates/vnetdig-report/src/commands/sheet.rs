//! What is collected while edits are rendered.

use vnetdig_model::facts::Facts;
use vnetdig_model::{Topology, edit};

use super::azure::Resource;
use super::bash::{Az, one_line};
use super::block::{self, Fields, Value, symbol, text, word};
use super::{Commands, NativeStep};
use crate::words::{self, Names};

/// The three languages and what lies outside them, as far as they are written.
pub(super) struct Sheet<'a> {
    pub(super) names: Names<'a>,
    az: Vec<String>,
    hcl: Vec<String>,
    bicep: Vec<String>,
    elsewhere: Vec<NativeStep>,
    made: Vec<Resource>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(topology: &'a Topology) -> Self {
        Self {
            made: Vec::new(),
            names: Names { topology },
            az: Vec::new(),
            hcl: Vec::new(),
            bicep: Vec::new(),
            elsewhere: Vec::new(),
        }
    }

    pub(super) fn topology(&self) -> &'a Topology {
        self.names.topology
    }

    pub(super) fn facts(&self) -> &'a Facts {
        self.names.topology.facts()
    }

    /// Goes on with a topology to which an edit was applied.
    pub(super) fn go_on(&mut self, topology: &'a Topology) {
        self.names = Names { topology };
    }

    /// A resource that these edits make, so that others find it where it is put.
    pub(super) fn make(&mut self, resource: &Resource) {
        self.made.push(resource.clone());
    }

    /// A resource by its name: where an earlier edit put it, else where placeholders say.
    pub(super) fn known(&self, kind: &'static str, name: &str) -> Resource {
        let found = self.made.iter().find(|made| made.is(kind, name));
        found.cloned().unwrap_or_else(|| Resource::new(kind, name))
    }

    /// Writes an edit with its title in front, wherever it writes anything.
    pub(super) fn titled(&mut self, edit: &edit::Edit, write: impl FnOnce(&mut Self)) {
        let before = [self.az.len(), self.hcl.len(), self.bicep.len()];
        write(self);
        let title = one_line(&words::edit(self.names.topology, edit));
        let places = [(&mut self.az, "#"), (&mut self.hcl, "#"), (&mut self.bicep, "//")];
        for ((written, sign), before) in places.into_iter().zip(before) {
            if written.len() > before {
                written.insert(before, format!("{sign} {title}"));
            }
        }
    }

    pub(super) fn finish(self) -> Commands {
        let joined = |blocks: Vec<String>| (!blocks.is_empty()).then(|| joined(&blocks));
        Commands { az: self.az, terraform: joined(self.hcl), bicep: joined(self.bicep), elsewhere: self.elsewhere }
    }

    /// A command.
    pub(super) fn az(&mut self, az: Az) {
        self.az.push(az.line());
    }

    /// A comment among the commands.
    pub(super) fn note(&mut self, words: &str) {
        self.az.push(format!("# {}", one_line(words)));
    }

    /// A command that destroys something. Terraform destroys what is taken out of its configuration; Bicep never
    /// does.
    pub(super) fn destroy(&mut self, what: &str, az: Az) {
        self.note(&format!("destroys {what}"));
        self.az(az);
        let what = one_line(what);
        self.hcl.push(format!("# destroys {what}: take its block out of the configuration"));
        self.bicep.push(format!("// destroys {what}: take it out of the template and delete it with az"));
    }

    /// A comment in Terraform and Bicep.
    pub(super) fn remark(&mut self, words: &str) {
        let words = one_line(words);
        self.hcl.push(format!("# {words}"));
        self.bicep.push(format!("// {words}"));
    }

    /// A whole Terraform resource.
    pub(super) fn resource(&mut self, kind: &str, label: &str, fields: &Fields) {
        self.hcl_block(block::hcl(&format!("resource \"{kind}\" \"{label}\""), fields));
    }

    /// Says of the resource that follows, in both languages, that it is there and is to be changed.
    pub(super) fn exists(&mut self, what: &str) {
        self.remark(&format!("{what} exists: change its block, do not create it again"));
    }

    /// Arguments to change in the block of a Terraform resource that exists.
    pub(super) fn change(&mut self, what: &str, kind: &str, label: &str, fields: &Fields) {
        let comment = format!("# existing: in the block of {}, all other arguments as they are", one_line(what));
        self.hcl_block(format!("{comment}\n{}", block::hcl(&format!("resource \"{kind}\" \"{label}\""), fields)));
    }

    /// The id of a resource in Terraform: itself where it is known, else through a data source.
    pub(super) fn hcl_id(&mut self, kind: &str, resource: &Resource) -> Value {
        let label = symbol(&[resource.key()]);
        if self.creates(kind, &label) {
            return word(format!("{kind}.{label}.id"));
        }
        if resource.is_placed() {
            return text(resource.id());
        }
        let fields = vec![("name", text(&resource.name)), ("resource_group_name", text(&resource.group))];
        self.hcl_block(block::hcl(&format!("data \"{kind}\" \"{label}\""), &fields));
        word(format!("data.{kind}.{label}.id"))
    }

    /// The name of a resource in Terraform, so that what is in it waits for it.
    pub(super) fn hcl_name(&self, kind: &str, resource: &Resource) -> Value {
        let label = symbol(&[resource.key()]);
        if self.creates(kind, &label) { word(format!("{kind}.{label}.name")) } else { text(&resource.name) }
    }

    /// Whether a Terraform resource is made by the same file.
    fn creates(&self, kind: &str, label: &str) -> bool {
        let head = format!("resource \"{kind}\" \"{label}\" ");
        self.hcl.iter().any(|block| block.starts_with(&head))
    }

    /// The id of a subnet in Terraform.
    pub(super) fn hcl_subnet_id(&mut self, vnet: &Resource, subnet: &str) -> Value {
        if vnet.is_placed() {
            return text(vnet.child_id("subnets", subnet));
        }
        let label = symbol(&[vnet.key(), subnet]);
        let fields = vec![
            ("name", text(subnet)),
            ("virtual_network_name", text(&vnet.name)),
            ("resource_group_name", text(&vnet.group)),
        ];
        self.hcl_block(block::hcl(&format!("data \"azurerm_subnet\" \"{label}\""), &fields));
        word(format!("data.azurerm_subnet.{label}.id"))
    }

    /// A Bicep resource, deployed to the group of `within`.
    pub(super) fn bicep(&mut self, within: &Resource, symbol: &str, kind: &str, fields: &Fields) {
        self.bicep_place(within);
        self.bicep_block(block::bicep(symbol, kind, false, fields));
    }

    /// Properties to change in the declaration of a Bicep resource that exists.
    pub(super) fn bicep_change(&mut self, what: &str, symbol: &str, kind: &str, fields: &Fields) {
        let what = one_line(what);
        self.bicep.push(format!(
            "// existing: in the declaration of {what}, all other properties as they are; deployed alone it would reset them"
        ));
        self.bicep_block(block::bicep(symbol, kind, false, fields));
    }

    /// A Bicep resource that exists and is a parent, unless the same file creates it.
    pub(super) fn bicep_parent(&mut self, symbol: &str, kind: &str, name: &str) {
        let is_declared = |block: &String| block.starts_with(&format!("resource {symbol} '"));
        if !self.bicep.iter().any(is_declared) {
            self.bicep_block(block::bicep(symbol, kind, true, &vec![("name", text(name))]));
        }
    }

    fn bicep_place(&mut self, within: &Resource) {
        self.bicep.push(format!("// deploy to resource group {}", one_line(&within.group)));
    }

    /// What an earlier edit declared is declared as the later one leaves it.
    fn hcl_block(&mut self, block: String) {
        let head = block.split_once(" {").map_or("", |(head, _)| head);
        if head.starts_with("resource ") {
            self.hcl.retain(|known| !known.starts_with(&format!("{head} {{")));
        }
        if !self.hcl.contains(&block) {
            self.hcl.push(block);
        }
    }

    /// As in Terraform; and what is declared is no longer referred to as existing.
    fn bicep_block(&mut self, block: String) {
        let head = block.split_once(" '").map_or("", |(head, _)| head);
        let is_change = self.bicep.last().is_some_and(|before| before.starts_with("// existing: "));
        let is_same = |known: &String| known.starts_with(&format!("{head} '"));
        if is_change {
            self.bicep.retain(|known| !is_same(known) || !known.contains(" existing = {"));
        } else {
            self.bicep.retain(|known| !is_same(known));
        }
        self.bicep.push(block);
    }

    /// What is done outside Azure's interfaces.
    pub(super) fn native(&mut self, place: String, lines: Vec<String>) {
        self.remark(&format!("not in Azure: {place}"));
        self.elsewhere.push(NativeStep { place, lines });
    }
}

/// Blocks with a blank line between, comments right above what they are about.
fn joined(blocks: &[String]) -> String {
    let mut out = String::new();
    for (index, block) in blocks.iter().enumerate() {
        let follows_comment = index > 0 && !blocks[index - 1].contains('\n');
        if index > 0 && !follows_comment {
            out.push('\n');
        }
        out.push_str(block);
        out.push('\n');
    }
    out
}
