//! What happens: how a question is answered from any place in the topology.
