//! How deep a file nests, told from its tokens before a tree is made of them.

use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, lexer};

/// CPython refuses more open brackets.
const MAX_BRACKETS: usize = 200;
/// CPython refuses more levels of indentation.
const MAX_INDENTATION: usize = 99;
/// The deepest expression; CPython's compiler gives up at about 2,990.
const MAX_EXPRESSION: usize = 2_900;

/// From `|` to `*`.
const PRECEDENCES: usize = 6;

/// What nests too deeply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooDeep {
    /// Brackets.
    Brackets,
    /// Indentation.
    Indentation,
    /// Operators, attributes, calls, lambdas, conditional expressions.
    Expression,
}

impl TooDeep {
    /// What it is and how much of it is taken.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Brackets => format!("more than {MAX_BRACKETS} brackets are open"),
            Self::Indentation => format!("more than {MAX_INDENTATION} levels of indentation"),
            Self::Expression => format!("more than {MAX_EXPRESSION} operations in one expression"),
        }
    }
}

/// What nests too deeply, and the byte before which it does.
pub(super) fn too_deep(text: &str) -> Option<(TooDeep, usize)> {
    let what = scan(text)?;
    // The lexer keeps the places of its tokens to itself: the shortest beginning of the text that is too deep ends there.
    let (mut fine, mut deep) = (0, text.len());
    while fine + 1 < deep {
        let middle = text.floor_char_boundary(fine + (deep - fine) / 2);
        if middle <= fine {
            break;
        }
        if scan(&text[..middle]) == Some(what) {
            deep = middle;
        } else {
            fine = middle;
        }
    }
    Some((what, deep))
}

fn scan(text: &str) -> Option<TooDeep> {
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut nesting = Nesting::default();
    loop {
        let kind = lexer.next_token();
        if kind.is_eof() {
            return None;
        }
        nesting.take(kind);
        if let Some(what) = nesting.too_deep() {
            return Some(what);
        }
    }
}

#[derive(Default)]
struct Nesting {
    indentation: usize,
    brackets: usize,
    levels: Vec<Level>,
    current: Level,
    /// The depth of `levels`.
    below: usize,
    after_operand: bool,
}

/// What makes an expression deep between two brackets, or in the parameters of a lambda.
#[derive(Default)]
struct Level {
    lambda: bool,
    /// Those that a comma ends: lambdas, conditional expressions, assignment expressions.
    loose: usize,
    /// `not`, which `and` and `or` end too.
    negations: usize,
    /// Binary operators by how loosely they bind, which a comparison ends too.
    operators: [usize; PRECEDENCES],
    /// Signs, powers, attributes, calls and subscripts of one operand.
    operand: usize,
}

impl Level {
    fn depth(&self) -> usize {
        1 + self.loose + self.negations + self.operators.iter().sum::<usize>() + self.operand
    }

    fn end_comparand(&mut self) {
        self.operators = [0; PRECEDENCES];
        self.operand = 0;
    }

    fn end_condition(&mut self) {
        self.negations = 0;
        self.end_comparand();
    }

    fn end_item(&mut self) {
        self.loose = 0;
        self.end_condition();
    }
}

impl Nesting {
    fn too_deep(&self) -> Option<TooDeep> {
        if self.brackets > MAX_BRACKETS {
            Some(TooDeep::Brackets)
        } else if self.indentation > MAX_INDENTATION {
            Some(TooDeep::Indentation)
        } else if self.below + self.current.depth() > MAX_EXPRESSION {
            Some(TooDeep::Expression)
        } else {
            None
        }
    }

    fn take(&mut self, kind: TokenKind) {
        use TokenKind as T;
        match kind {
            T::Comment | T::NonLogicalNewline => return,
            T::Indent => self.indentation += 1,
            T::Dedent => self.indentation = self.indentation.saturating_sub(1),
            T::Newline => self.end_statement(),
            T::Lpar | T::Lsqb | T::Lbrace => self.open_bracket(kind),
            T::Rpar | T::Rsqb | T::Rbrace => self.close_bracket(),
            T::Lambda => {
                self.current.loose += 1;
                self.open(true);
            }
            T::Colon if self.current.lambda => self.close(),
            T::Comma | T::Semi | T::Colon => self.current.end_item(),
            T::Else | T::ColonEqual | T::Yield | T::Async => {
                self.current.end_condition();
                self.current.loose += 1;
            }
            T::And | T::Or | T::If | T::For | T::Equal => self.current.end_condition(),
            T::Not if !self.after_operand => self.current.negations += 1,
            T::In
            | T::Is
            | T::Not
            | T::Less
            | T::Greater
            | T::LessEqual
            | T::GreaterEqual
            | T::EqEqual
            | T::NotEqual => {
                self.current.end_comparand();
            }
            T::Dot | T::DoubleStar | T::Await | T::Tilde => self.current.operand += 1,
            T::Vbar => self.operator(0),
            T::CircumFlex => self.operator(1),
            T::Amper => self.operator(2),
            T::LeftShift | T::RightShift => self.operator(3),
            T::Plus | T::Minus => self.operator(4),
            T::Star | T::Slash | T::DoubleSlash | T::Percent | T::At => self.operator(5),
            _ => {}
        }
        self.after_operand = ends_operand(kind);
    }

    /// An operator that may stand between operands or before one.
    fn operator(&mut self, precedence: usize) {
        if self.after_operand {
            self.current.operators[precedence] += 1;
            self.current.operators[precedence + 1..].fill(0);
            self.current.operand = 0;
        } else {
            self.current.operand += 1;
        }
    }

    fn open_bracket(&mut self, kind: TokenKind) {
        if self.after_operand && kind != TokenKind::Lbrace {
            self.current.operand += 1;
        }
        self.brackets += 1;
        self.open(false);
    }

    fn close_bracket(&mut self) {
        while self.current.lambda {
            self.close();
        }
        self.brackets = self.brackets.saturating_sub(1);
        self.close();
    }

    fn open(&mut self, lambda: bool) {
        let level = Level {
            lambda,
            ..Level::default()
        };
        let outer = std::mem::replace(&mut self.current, level);
        self.below += outer.depth();
        self.levels.push(outer);
    }

    fn close(&mut self) {
        self.current = self.levels.pop().unwrap_or_default();
        self.below -= self.current.depth().min(self.below);
    }

    fn end_statement(&mut self) {
        self.levels.clear();
        self.current = Level::default();
        self.below = 0;
        self.brackets = 0;
    }
}

fn ends_operand(kind: TokenKind) -> bool {
    use TokenKind as T;
    kind.is_soft_keyword()
        || matches!(
            kind,
            T::Name
                | T::Int
                | T::Float
                | T::Complex
                | T::String
                | T::FStringEnd
                | T::TStringEnd
                | T::Ellipsis
                | T::True
                | T::False
                | T::None
                | T::Rpar
                | T::Rsqb
                | T::Rbrace
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_counted_as_cpython_does() {
        let nested = |depth: usize| format!("x = {}1{}\n", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(too_deep(&nested(200)), None);
        assert_eq!(too_deep(&nested(201)), Some((TooDeep::Brackets, 4 + 201)));
        assert_eq!(
            too_deep(&format!(
                "'''{}'''  # {}\n",
                "(".repeat(300),
                "[".repeat(300)
            )),
            None
        );
    }

    #[test]
    fn indentation_is_counted_as_cpython_does() {
        let nested = |depth: usize| {
            let lines: String = (0..depth)
                .map(|level| format!("{}if x:\n", " ".repeat(level)))
                .collect();
            format!("{lines}{}pass\n", " ".repeat(depth))
        };
        assert_eq!(too_deep(&nested(99)), None);
        assert_eq!(
            too_deep(&nested(100)).map(|(what, _)| what),
            Some(TooDeep::Indentation)
        );
    }

    #[test]
    fn every_kind_of_deep_expression_is_found() {
        for (piece, last) in [
            ("x+", "x"),
            ("-", "x"),
            ("not ", "x"),
            ("x**", "x"),
            ("x.", "x"),
            ("lambda: ", "x"),
            ("lambda a, b: ", "x"),
            ("x if x else ", "x"),
            ("await ", "x"),
            ("x := ", "x"),
            ("yield ", "x"),
            ("x << -", "x"),
        ] {
            let text = |times: usize| format!("{}{last}\n", piece.repeat(times));
            assert_eq!(too_deep(&text(1_400)), None, "{piece}");
            let (what, at) = too_deep(&text(100_000)).unwrap();
            assert_eq!(what, TooDeep::Expression, "{piece}");
            assert!(at <= piece.len() * 3_000, "{piece}: {at}");
        }
        assert_eq!(
            too_deep(&format!("x{}", "()".repeat(3_000))).map(|(what, _)| what),
            Some(TooDeep::Expression)
        );
    }

    #[test]
    fn what_is_long_but_flat_is_fine() {
        for piece in [
            "-1, ",
            "(-x.y)(), ",
            "x.a.b == -1 and ",
            "not x or ",
            "lambda a, b: a, ",
            "x if x else y, ",
            "{-1: -2}, ",
            "x = ",
            "x not in -y and ",
            "import a.b.c; ",
        ] {
            assert_eq!(too_deep(&piece.repeat(10_000)), None, "{piece}");
        }
        assert_eq!(too_deep(&"x.a.b - ".repeat(2_500)), None);
        assert_eq!(too_deep(&"-x * y**2 / 3 | ".repeat(2_500)), None);
    }
}
