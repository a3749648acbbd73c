//! Source text with parts of it replaced.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::recorded::{Insertion, insertions};
use crate::ir::Code;
use crate::resolve::RecordedCall;
use crate::source::{SourceFile, Span};
use crate::syntax::ast::visitor::{self, Visitor};
use crate::syntax::ast::{self, Expr, Stmt};
use crate::syntax::{Ranged, TextRange, TextSize, Tree};

/// What stands in place of an expression that has been evaluated before.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The replacement.
    pub text: String,
    /// The local names that the replacement reads.
    pub uses: Vec<String>,
}

/// Replacements, by the range that they replace. Of two that overlap the outer one counts.
#[derive(Debug, Default)]
pub struct Edits(BTreeMap<(TextSize, Reverse<TextSize>), Edit>);

impl Edits {
    /// Replaces a range.
    pub fn set(&mut self, range: TextRange, edit: Edit) {
        self.0.insert((range.start(), Reverse(range.end())), edit);
    }

    /// The replacement of exactly that range.
    pub fn at(&self, range: TextRange) -> Option<&Edit> {
        self.0.get(&(range.start(), Reverse(range.end())))
    }

    /// Whether something in that range is replaced.
    pub fn any_in(&self, range: TextRange) -> bool {
        self.next(range.start(), range.end()).is_some()
    }

    /// The outermost replacement that begins at or after `from` and ends by `end`.
    fn next(&self, from: TextSize, end: TextSize) -> Option<(TextRange, &Edit)> {
        self.0
            .range((from, Reverse(TextSize::new(u32::MAX)))..)
            .map(|((start, Reverse(stop)), edit)| (*start, *stop, edit))
            .take_while(|(start, _, _)| *start < end)
            .find(|(_, stop, _)| *stop <= end)
            .map(|(start, stop, edit)| (TextRange::new(start, stop), edit))
    }
}

/// The text of one function: its source, comments and string literals.
pub struct Text<'p> {
    source: &'p SourceFile,
    tree: &'p Tree,
    /// Literals that span lines.
    strings: Vec<TextRange>,
    /// The calls in it that are recorded, each with the text that it gets for that.
    recorded: Vec<(TextRange, Vec<Insertion>)>,
}

impl<'p> Text<'p> {
    /// The text of a function of that file.
    pub fn new(source: &'p SourceFile, tree: &'p Tree, def: &ast::StmtFunctionDef) -> Self {
        let mut found = Strings {
            source,
            found: Vec::new(),
        };
        found.visit_body(&def.body);
        Self {
            source,
            tree,
            strings: found.found,
            recorded: Vec::new(),
        }
    }

    /// Says which calls in it are recorded, and what it calls `stateflow.flow`.
    pub fn record<'r>(&mut self, calls: impl Iterator<Item = &'r RecordedCall>, flow: &str) {
        let range = |at: Span| TextRange::new(TextSize::new(at.start), TextSize::new(at.end));
        self.recorded = calls
            .map(|call| (range(call.at), insertions(call, self.source, flow)))
            .collect();
    }

    /// A function's definition from its first decorator through its colon and a comment on that line.
    pub fn header(&self, def: &ast::StmtFunctionDef) -> TextRange {
        let start = def
            .decorator_list
            .first()
            .map_or(def.start(), Ranged::start);
        let signature = def
            .returns
            .as_ref()
            .map_or(def.parameters.end(), |returns| returns.end());
        let mut at = usize::from(signature);
        let rest = &self.source.text[at..];
        let mut in_comment = false;
        for (offset, letter) in rest.char_indices() {
            match letter {
                '#' => in_comment = true,
                '\n' => in_comment = false,
                ':' if !in_comment => {
                    at += offset + 1;
                    break;
                }
                _ => {}
            }
        }
        let end = TextSize::new(at as u32);
        TextRange::new(start, self.comment_behind(TextRange::empty(end)))
    }

    /// The line, from 1, on which something begins.
    pub fn line(&self, at: TextSize) -> u32 {
        self.source.index.line(at.to_u32())
    }

    /// The text as it stands.
    pub fn slice(&self, range: TextRange) -> &'p str {
        &self.source.text[range]
    }

    /// The range of a statement with the comments that stand above it, after `floor`, and behind it.
    pub fn with_comments(&self, stmt: TextRange, floor: TextSize) -> TextRange {
        TextRange::new(self.comments_above(stmt, floor), self.comment_behind(stmt))
    }

    /// The comments that stand above a statement, after `floor`; empty where there are none.
    pub fn above(&self, stmt: TextRange, floor: TextSize) -> Option<TextRange> {
        let start = self.comments_above(stmt, floor);
        let text = self.source.text[TextRange::new(start, stmt.start())].trim_end();
        (!text.is_empty()).then(|| TextRange::at(start, TextSize::of(text)))
    }

    /// The comment that stands behind a statement.
    pub fn behind(&self, stmt: TextRange) -> Option<TextRange> {
        let text = &self.source.text[TextRange::new(stmt.end(), self.comment_behind(stmt))];
        let comment = TextSize::of(text.trim_start());
        (comment > TextSize::new(0)).then(|| {
            TextRange::new(
                self.comment_behind(stmt) - comment,
                self.comment_behind(stmt),
            )
        })
    }

    fn comments_above(&self, stmt: TextRange, floor: TextSize) -> TextSize {
        let column = self.column(stmt.start());
        let comments = &self.tree.comments;
        let before = comments.partition_point(|comment| comment.start() < stmt.start());
        let mut start = stmt.start();
        for comment in comments[..before].iter().rev() {
            let between = &self.source.text[TextRange::new(comment.end(), start)];
            let fits = comment.start() >= floor
                && between.trim().is_empty()
                && self.column(comment.start()) == column
                && self.begins_line(comment.start());
            if !fits {
                break;
            }
            start = comment.start();
        }
        start
    }

    fn comment_behind(&self, stmt: TextRange) -> TextSize {
        let comments = &self.tree.comments;
        let after = comments.partition_point(|comment| comment.start() < stmt.end());
        match comments.get(after) {
            Some(comment)
                if self.source.text[TextRange::new(stmt.end(), comment.start())]
                    .bytes()
                    .all(|byte| byte == b' ' || byte == b'\t') =>
            {
                comment.end()
            }
            _ => stmt.end(),
        }
    }

    fn line_start(&self, at: TextSize) -> TextSize {
        TextSize::new(self.source.index.start(self.line(at)))
    }

    fn begins_line(&self, at: TextSize) -> bool {
        self.source.text[TextRange::new(self.line_start(at), at)]
            .trim()
            .is_empty()
    }

    fn column(&self, at: TextSize) -> usize {
        let line = &self.source.text[TextRange::new(self.line_start(at), at)];
        line.chars().count()
    }

    /// The text of a range with its replacements, without the indentation of its first line.
    pub fn render(&self, range: TextRange, edits: &Edits) -> Code {
        let mut writer = Writer {
            text: self,
            indent: self.indent(range.start()),
            code: Code::line("", self.line(range.start())),
            insertions: self.insertions(range, edits),
        };
        let mut at = range.start();
        while let Some((replaced, edit)) = edits.next(at, range.end()) {
            writer.copy(TextRange::new(at, replaced.start()));
            writer.code.text.push_str(&edit.text);
            at = replaced.end();
            if self.needs_own_line(replaced, range.end()) {
                at = writer.continue_on_line_of(at);
            }
        }
        writer.copy(TextRange::new(at, range.end()));
        writer.code
    }

    /// What the calls get that are recorded and stand in a range as a whole, outside of what is replaced; the last first.
    fn insertions(&self, range: TextRange, edits: &Edits) -> Vec<Insertion> {
        let mut found = Vec::new();
        for (call, insertions) in &self.recorded {
            let mut at = range.start();
            let mut is_replaced = false;
            while let Some((replaced, _)) = edits.next(at, range.end()) {
                is_replaced |= replaced.contains_range(*call);
                at = replaced.end();
            }
            if range.contains_range(*call) && !is_replaced {
                found.extend_from_slice(insertions);
            }
        }
        found.sort_by_key(|insertion| insertion.at);
        found.reverse();
        found
    }

    /// Whether behind a replacement something follows that stands on another line than the replacement, and of which a
    /// traceback may name the line.
    fn needs_own_line(&self, replaced: TextRange, end: TextSize) -> bool {
        let line = self.line(replaced.end());
        if line == self.line(replaced.start()) || self.in_string(replaced.end()) {
            return false;
        }
        let rest = &self.source.text[TextRange::new(replaced.end(), end)];
        may_raise(rest.split('\n').next().unwrap_or_default())
    }

    /// The text of an expression where a whole expression may stand on one line or several.
    pub fn render_expr(&self, expr: &Expr, edits: &Edits) -> Code {
        let mut code = self.render(expr.range(), edits);
        let bare = edits.at(expr.range()).is_none()
            && (code.lines.len() > 1
                || matches!(expr, Expr::Named(_) | Expr::Starred(_))
                || matches!(expr, Expr::Tuple(tuple) if !tuple.parenthesized)
                || matches!(expr, Expr::Generator(comp) if !comp.parenthesized));
        if bare {
            code.text.insert(0, '(');
            code.text.push(')');
        }
        code
    }

    /// The text of a target, where a statement may begin with it.
    pub fn render_target(&self, target: &Expr, edits: &Edits) -> Code {
        let mut code = self.render(target.range(), edits);
        let is_bare = match target {
            Expr::Attribute(_) | Expr::Subscript(_) => true,
            Expr::Tuple(tuple) => !tuple.parenthesized,
            _ => false,
        };
        if code.lines.len() > 1 && is_bare {
            code.text.insert(0, '(');
            code.text.push(')');
        }
        code
    }

    /// The text of an expression as an operand of any operator.
    pub fn render_operand(&self, expr: &Expr, edits: &Edits) -> Code {
        let code = self.render_expr(expr, edits);
        let is_atom = edits.at(expr.range()).is_some()
            || expr.is_literal_expr()
            || matches!(
                expr,
                Expr::Name(_)
                    | Expr::Call(_)
                    | Expr::Attribute(_)
                    | Expr::Subscript(_)
                    | Expr::List(_)
                    | Expr::Dict(_)
                    | Expr::Set(_)
            );
        if is_atom || code.text.starts_with('(') && code.lines.len() > 1 {
            return code;
        }
        Code {
            text: format!("({})", code.text),
            ..code
        }
    }

    /// The same for the first operand of what begins at `at`: a traceback names that line for the operator.
    pub fn render_operand_at(&self, at: TextSize, expr: &Expr, edits: &Edits) -> Code {
        let operand = self.render_operand(expr, edits);
        if operand.lines[0] == self.line(at) {
            return operand;
        }
        let mut code = Code::line("(", self.line(at));
        code.append("", &operand);
        code.text.push(')');
        code
    }

    /// The arguments of a call, as between its parentheses.
    pub fn render_arguments(&self, arguments: &ast::Arguments, edits: &Edits) -> Code {
        let inside = TextRange::new(
            arguments.range.start() + TextSize::new(1),
            arguments.range.end() - TextSize::new(1),
        );
        if let [Expr::Generator(comp)] = &*arguments.args
            && !comp.parenthesized
            && arguments.keywords.is_empty()
        {
            return self.render(comp.range, edits);
        }
        let text = self.slice(inside);
        let skipped = TextSize::of(text) - TextSize::of(text.trim_start());
        let trimmed = TextRange::at(inside.start() + skipped, TextSize::of(text.trim()));
        let mut code = self.render(trimmed, edits);
        let last = self
            .tree
            .comments
            .iter()
            .any(|comment| comment.end() == trimmed.end());
        if last && !trimmed.is_empty() {
            code.text.push('\n');
            code.lines.push(self.line(inside.end()));
        }
        code
    }

    /// The white space before the statement at `at`, where it begins its line; nothing where it follows another on the line.
    fn indent(&self, at: TextSize) -> usize {
        let line = &self.source.text[usize::from(self.line_start(at))..];
        line.bytes()
            .take_while(|byte| *byte == b' ' || *byte == b'\t')
            .count()
    }

    fn in_string(&self, at: TextSize) -> bool {
        self.strings
            .iter()
            .any(|string| string.start() < at && at < string.end())
    }
}

struct Writer<'t, 'p> {
    text: &'t Text<'p>,
    indent: usize,
    code: Code,
    /// What is still to be inserted, the last first.
    insertions: Vec<Insertion>,
}

impl Writer<'_, '_> {
    fn copy(&mut self, range: TextRange) {
        let mut at = range.start();
        while let Some(next) = self.insertions.pop_if(|next| next.at <= range.end()) {
            self.copy_piece(TextRange::new(at, next.at));
            self.code.text.push_str(&next.text);
            at = next.at + next.removed;
        }
        self.copy_piece(TextRange::new(at, range.end()));
    }

    fn copy_piece(&mut self, range: TextRange) {
        let mut at = range.start();
        for (index, line) in self.text.slice(range).split('\n').enumerate() {
            let mut line_text = line;
            if index > 0 {
                self.code.text.push('\n');
                self.code.lines.push(self.text.line(at));
                if self.text.in_string(at) {
                    let number = self.code.lines.len() as u32 - 1;
                    self.code.verbatim.push(number);
                } else {
                    line_text = self.dedent(line);
                }
            }
            self.code.text.push_str(line_text);
            at += TextSize::of(line) + TextSize::new(1);
        }
    }

    /// Begins a line for what is at `at`, and says where it goes on.
    fn continue_on_line_of(&mut self, at: TextSize) -> TextSize {
        self.code.text.push_str(" \\\n    ");
        self.code.lines.push(self.text.line(at));
        let rest = &self.text.source.text[usize::from(at)..];
        at + TextSize::of(rest) - TextSize::of(rest.trim_start_matches([' ', '\t']))
    }

    fn dedent<'l>(&self, line: &'l str) -> &'l str {
        let blank = line
            .bytes()
            .take_while(|byte| *byte == b' ' || *byte == b'\t')
            .count();
        &line[blank.min(self.indent)..]
    }
}

/// Whether something in a piece of a line may raise an exception by itself, or begins what may: more than literals, the operator before
/// them, and parentheses that it closes.
fn may_raise(text: &str) -> bool {
    let mut rest = text;
    let mut open = 0_usize;
    while let Some(letter) = rest.chars().next() {
        let word = rest
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(rest.len());
        open = match letter {
            '(' => open + 1,
            ')' => open.saturating_sub(1),
            _ => open,
        };
        match letter {
            '#' => break,
            '[' | '{' | '/' | '%' | '*' => return true,
            '"' | '\'' => {
                let inside = &rest[1..];
                rest = inside
                    .find(letter)
                    .map_or("", |end| inside.get(end + 1..).unwrap_or_default());
            }
            _ if word == 0 => rest = &rest[letter.len_utf8()..],
            _ if letter.is_ascii_digit() || OPERATORS.contains(&&rest[..word]) => {
                rest = &rest[word..];
            }
            _ => return true,
        }
    }
    open > 0
}

const OPERATORS: &[&str] = &[
    "and", "or", "not", "in", "is", "if", "else", "for", "None", "True", "False",
];

struct Strings<'p> {
    source: &'p SourceFile,
    found: Vec<TextRange>,
}

impl Strings<'_> {
    fn add(&mut self, range: TextRange) {
        if self.source.text[range].contains('\n') {
            self.found.push(range);
        }
    }
}

impl<'a> Visitor<'a> for Strings<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        visitor::walk_stmt(self, stmt);
    }

    fn visit_string_literal(&mut self, literal: &'a ast::StringLiteral) {
        self.add(literal.range);
    }

    fn visit_bytes_literal(&mut self, literal: &'a ast::BytesLiteral) {
        self.add(literal.range);
    }

    fn visit_f_string(&mut self, string: &'a ast::FString) {
        self.add(string.range);
        visitor::walk_f_string(self, string);
    }
}
