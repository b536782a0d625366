//! The command line, as its users meet it: processes, exit codes, what stands on which stream; and what it loads.

mod data;
