//! Scenarios made at random.
