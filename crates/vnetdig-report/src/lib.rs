//! How it is shown: text, JSON, JUnit.
