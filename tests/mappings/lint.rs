//! What is wrong in a mapping file, with its place and the nearest known name.
