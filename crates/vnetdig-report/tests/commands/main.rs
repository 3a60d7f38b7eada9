//! Edits as commands, in words, and what decides what is missing.

mod az;
mod decide;
mod examples;
mod languages;
mod shown;
