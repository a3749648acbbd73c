//! From methods to blocks.
//!
//! A function that leaves the entity that it runs at is cut in these steps: its sites are taken out of the expressions around
//! them (`spill`, `stmts`), which gives a control-flow graph (`cfg`); hops are saved that tell nothing new (`keys`, `together`);
//! the variables that live on are found (`liveness`); and the basic blocks that are entered at one place only become one block
//! of the IR (`regions`), the first of which may begin with a read that its callers make (`ahead`).

mod accessors;
mod ahead;
mod along;
mod app;
mod attempts;
mod builder;
mod calm;
mod cfg;
mod choice;
mod closures;
mod comprehension;
mod consumer;
mod contexts;
mod cut;
mod depart;
mod effects;
mod exits;
mod fields;
mod fresh;
mod gather;
mod groups;
mod home;
mod imports;
mod keepers;
mod keys;
mod liveness;
mod matches;
mod names;
mod nodes;
mod ordering;
mod patterns;
mod recorded;
mod refuse;
mod regions;
mod scope;
mod shared;
mod spill;
mod stmts;
mod supers;
mod text;
mod together;
mod unpacking;
mod zones;

pub use app::lower;

#[cfg(test)]
mod tests;
