//! What it means: checks of traces against the topology.
