//! One module: the user's text around the blocks.

use std::collections::BTreeMap;

use super::block;
use super::writer::Writer;
use crate::emit::linemap::FileMap;
use crate::ir::{App, Block, Body, Code, Entity, Method, Module, flow_name};

/// A module as it stands in a bundle.
#[derive(Debug)]
pub struct Emitted {
    /// Its text.
    pub text: String,
    /// Where its lines come from.
    pub map: FileMap,
}

/// A split method and what its blocks have in common.
#[derive(Debug, Clone, Copy)]
pub struct Split<'a> {
    /// The class that defines it.
    pub class: &'a str,
    /// The method.
    pub method: &'a Method,
    /// Its definition through the colon.
    pub header: &'a Code,
    /// What it calls its first parameter.
    pub receiver: &'a str,
    /// Its blocks.
    pub blocks: &'a [Block],
    /// The name of `stateflow.flow` in this module.
    pub flow: &'a str,
}

/// Writes a module.
pub fn emit(app: &App, module: &Module) -> Emitted {
    let flow = flow_name(&module.source);
    let splits = splits(app, module, &flow);
    let mut writer = Writer::default();
    let mut functions = Vec::new();
    let mut skip_to = 0;
    for (number, line) in (1..).zip(lines(&module.source)) {
        if number == module.imports_before && !splits.is_empty() {
            import_flow(&mut writer, &flow, line);
        }
        if let Some(split) = splits.get(&number) {
            indent_as(&mut writer, line, class_indent(app, module, split.class));
            functions.extend(block::write(&mut writer, split));
            skip_to = split.method.origin.last;
        }
        if number > skip_to {
            writer.raw(&in_utf8(number, line), Some(number));
        }
    }
    let (text, origins) = writer.finish();
    Emitted {
        text,
        map: FileMap::new(origins, functions),
    }
}

/// The split methods that the module defines, by their first lines. A method that several entities inherit is one.
fn splits<'a>(app: &'a App, module: &Module, flow: &'a str) -> BTreeMap<u32, Split<'a>> {
    let mut found = BTreeMap::new();
    for entity in &app.entities {
        for method in entity
            .methods
            .iter()
            .filter(|method| method.origin.path == module.path)
        {
            let Body::Split {
                header,
                receiver,
                blocks,
            } = &method.body
            else {
                continue;
            };
            found.insert(
                method.origin.first,
                Split {
                    class: defining_class(app, entity, method),
                    method,
                    header,
                    receiver,
                    blocks,
                    flow,
                },
            );
        }
    }
    found
}

fn defining_class<'a>(app: &'a App, entity: &'a Entity, method: &Method) -> &'a str {
    let encloses = |entity: &&Entity| {
        let (class, method) = (&entity.origin, &method.origin);
        class.path == method.path && class.first <= method.first && method.last <= class.last
    };
    let definer = app.entities.iter().find(encloses).unwrap_or(entity);
    &definer.name
}

/// The lines of a text; a final line end begins no further one.
fn lines(source: &str) -> impl Iterator<Item = &str> {
    source.strip_suffix('\n').unwrap_or(source).split('\n')
}

fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t', '\x0c']).len()]
}

fn class_indent<'a>(app: &App, module: &'a Module, class: &str) -> &'a str {
    let origin = app.entities.iter().find(|entity| entity.name == class);
    origin
        .and_then(|entity| lines(&module.source).nth(entity.origin.first as usize - 1))
        .map_or("", indentation)
}

/// Indents as the method that begins with `line` is; a level is what lies between it and its class.
fn indent_as(writer: &mut Writer, line: &str, class: &str) {
    let indent = indentation(line);
    let unit = indent.strip_prefix(class).unwrap_or(indent);
    writer.set_indent(indent, if unit.is_empty() { "    " } else { unit });
}

fn import_flow(writer: &mut Writer, flow: &str, next: &str) {
    let alias = if flow == "flow" {
        String::new()
    } else {
        format!(" as {flow}")
    };
    writer.raw(&format!("from stateflow import flow{alias}"), None);
    if !(next.starts_with("import ") || next.starts_with("from ")) {
        writer.raw("", None);
    }
}

/// The line with the coding that it declares, if it does, replaced: bundles are UTF-8.
fn in_utf8(number: u32, line: &str) -> String {
    match declared_coding(line) {
        Some(range) if number <= 2 => {
            format!("{}utf-8{}", &line[..range.start], &line[range.end..])
        }
        _ => line.to_owned(),
    }
}

/// Where a comment line names a coding (PEP 263).
fn declared_coding(line: &str) -> Option<std::ops::Range<usize>> {
    if !line
        .trim_start_matches([' ', '\t', '\x0c'])
        .starts_with('#')
    {
        return None;
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    line.match_indices("coding").find_map(|(at, word)| {
        let rest = line[at + word.len()..].strip_prefix([':', '='])?;
        let name = rest.trim_start_matches([' ', '\t']);
        let length = name.find(|c| !is_name(c)).unwrap_or(name.len());
        let start = line.len() - name.len();
        (length > 0).then_some(start..start + length)
    })
}
