//! One module: the user's text around the blocks.

use std::collections::BTreeMap;

use super::block;
use super::writer::Writer;
use crate::emit::linemap::FileMap;
use crate::ir::{App, Code, Function, Insertion, Module, flow_name};

/// A module as it stands in a bundle.
#[derive(Debug)]
pub struct Emitted {
    /// Its text.
    pub text: String,
    /// Where its lines come from.
    pub map: FileMap,
}

/// A function that was cut, and how its blocks are written.
#[derive(Debug, Clone, Copy)]
pub struct Split<'a> {
    /// The function.
    pub function: &'a Function,
    /// The name of `stateflow.flow` in this module.
    pub flow: &'a str,
}

impl<'a> Split<'a> {
    /// The qualified name of the class that defines it; none where a module does.
    pub fn class(&self) -> Option<&'a str> {
        self.function.name.rsplit_once('.').map(|(class, _)| class)
    }

    /// The function's own name.
    pub fn name(&self) -> &'a str {
        let name = &self.function.name;
        name.rsplit_once('.').map_or(name, |(_, own)| own)
    }
}

/// Writes a module.
pub fn emit(app: &App, module: &Module) -> Emitted {
    let flow = flow_name(&module.source);
    let splits = splits(app, module, &flow);
    let mut writer = Writer::default();
    let mut functions = Vec::new();
    let mut skip_to = 0;
    let uses_flow = !(splits.is_empty() && module.recorded.is_empty());
    for (number, line) in (1..).zip(lines(&module.source)) {
        if number == module.imports_before && uses_flow {
            import_flow(&mut writer, &flow, line);
        }
        if let Some(split) = splits.get(&number) {
            indent_as(&mut writer, line, &module.source, &split.function.header);
            functions.extend(block::write(&mut writer, split));
            skip_to = split.function.origin.last;
        }
        if module.recorded.functions.contains(&number) {
            writer.raw(&format!("{}@{flow}.unit", indentation(line)), None);
        }
        if number > skip_to {
            let text = in_utf8(number, line);
            writer.raw(
                &recorded(number, &text, &module.recorded.calls),
                Some(number),
            );
        }
    }
    let (text, origins) = writer.finish();
    Emitted {
        text,
        map: FileMap::new(origins, functions),
    }
}

/// The functions of the module that were cut, by their first lines.
fn splits<'a>(app: &'a App, module: &Module, flow: &'a str) -> BTreeMap<u32, Split<'a>> {
    let functions = app.functions.iter();
    functions
        .filter(|function| function.module == module.name)
        .map(|function| (function.origin.first, Split { function, flow }))
        .collect()
}

/// The lines of a text; a final line end begins no further one.
fn lines(source: &str) -> impl Iterator<Item = &str> {
    source.strip_suffix('\n').unwrap_or(source).split('\n')
}

fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t', '\x0c']).len()]
}

/// Indents as the function that begins with `line` is; a level is what lies between it and its body.
fn indent_as(writer: &mut Writer, line: &str, source: &str, header: &Code) {
    let indent = indentation(line);
    let header_end = header.lines.last().copied().unwrap_or(1) as usize;
    let holds_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let body = lines(source).skip(header_end).find(holds_code);
    let unit = body.and_then(|body| indentation(body).strip_prefix(indent));
    let own = if indent.is_empty() { "    " } else { indent };
    let unit = unit.filter(|unit| !unit.is_empty()).unwrap_or(own);
    writer.set_indent(indent, unit);
}

/// A line with what the calls get that are recorded in it.
fn recorded(number: u32, line: &str, calls: &[Insertion]) -> String {
    let mut text = String::new();
    let mut at = 0;
    for insertion in calls.iter().filter(|one| one.line == number) {
        let column = insertion.column as usize;
        text.push_str(line.get(at..column).unwrap_or_default());
        text.push_str(&insertion.text);
        at = column + insertion.removed as usize;
    }
    text + line.get(at..).unwrap_or_default()
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
