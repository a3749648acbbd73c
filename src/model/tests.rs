use std::path::Path;

use super::*;
use crate::diagnostics::Diagnostic;
use crate::ir::KeyType;
use crate::source::Memory;
use crate::syntax::load;

const HEAD: &str = "import stateflow\n";

fn with_model<T>(files: &[(&str, &str)], look: impl FnOnce(&Model<'_>, Vec<Diagnostic>) -> T) -> T {
    let memory: Memory = files.iter().copied().collect();
    let (program, found) = load(&memory, Path::new("app.py")).unwrap();
    assert_eq!(found, []);
    let (model, found) = build(&program);
    look(&model, found)
}

fn said(files: &[(&str, &str)]) -> Vec<String> {
    with_model(files, |model, found| {
        let sources = &model.program.sources;
        found
            .iter()
            .map(|one| {
                format!(
                    "{} {} [{}]",
                    one.code,
                    one.message,
                    sources.text(one.primary.span)
                )
            })
            .collect()
    })
}

fn said_of(class: &str) -> Vec<String> {
    said(&[("app.py", &format!("{HEAD}{class}"))])
}

fn entity(body: &str) -> String {
    let body = body.replace('\n', "\n    ");
    format!(
        "@stateflow.entity\nclass User:\n    def __init__(self, name: str):\n        self.name = name\n    def __key__(self):\n        return self.name\n    {body}\n"
    )
}

#[test]
fn an_entity_has_fields_methods_and_a_key() {
    let text = r#"
import stateflow
from decimal import Decimal

@stateflow.stateflow
class Account:
    owner: "User"
    RATE = 3

    def __init__(self, number: str, owner, *, limit: int = 0, **rest) -> None:
        self.number: str = number
        self.owner = owner
        if limit:
            self.limit, (self.a, *self.b) = limit, (1, 2)
        for self.index in range(3):
            pass
        with open(number) as self.file:
            self.number = ""

    def __key__(self) -> str:
        return f"{self.number}-{self.owner}"

    @property
    def balance(self) -> Decimal:
        self.cached = 1
        return Decimal(0)

    @staticmethod
    def parse(text, /, sep=","): ...

    @classmethod
    def make(cls, *args): ...
"#;
    with_model(&[("app.py", text)], |model, found| {
        assert_eq!(found, []);
        let account = &model.entities[0];
        let names: Vec<_> = account.fields.iter().map(|field| field.name).collect();
        assert_eq!(
            names,
            ["number", "owner", "limit", "a", "b", "index", "file"]
        );
        assert!(account.field("number").unwrap().annotation.is_some());
        assert!(account.field("owner").unwrap().annotation.is_some());
        assert!(account.field("limit").unwrap().value.is_some());
        assert!(account.field("a").unwrap().value.is_none());
        let others: Vec<_> = account.others.iter().map(|field| field.name).collect();
        assert_eq!(others, ["RATE", "cached"]);
        let key = account.key.as_ref().unwrap();
        assert_eq!(
            (key.type_, key.fields.as_slice()),
            (Some(KeyType::Str), ["number", "owner"].as_slice())
        );
        let init = model
            .method(ClassRef::Entity(EntityId(0)), "__init__")
            .unwrap()
            .1;
        assert_eq!(init.receiver, Some("self"));
        let params: Vec<_> = init
            .params
            .iter()
            .map(|param| (param.name, param.kind))
            .collect();
        assert_eq!(
            params,
            [
                ("number", ParamKind::Regular),
                ("owner", ParamKind::Regular),
                ("limit", ParamKind::KeywordOnly),
                ("rest", ParamKind::VarKeyword)
            ]
        );
        let kind = |name| {
            let found = model.method(ClassRef::Entity(EntityId(0)), name);
            found.unwrap().1.kind
        };
        assert_eq!(kind("balance"), FunctionKind::Property);
        assert_eq!(kind("parse"), FunctionKind::Static);
        assert_eq!(kind("make"), FunctionKind::Class);
        assert_eq!(
            model
                .method(ClassRef::Entity(EntityId(0)), "parse")
                .unwrap()
                .1
                .receiver,
            None
        );
        assert_eq!(
            model
                .method(ClassRef::Entity(EntityId(0)), "parse")
                .unwrap()
                .1
                .params[0]
                .kind,
            ParamKind::PositionalOnly
        );
    });
}

#[test]
fn the_decorator_is_known_under_every_alias() {
    for (import, decorator) in [
        ("import stateflow as sf", "sf.entity"),
        ("import stateflow", "stateflow.stateflow()"),
        ("from stateflow import stateflow", "stateflow"),
        ("from stateflow import entity as e", "e()"),
        ("from base import entity", "entity"),
        ("from base import *", "sf.entity"),
        ("import base as b", "b.mark"),
        ("import stateflow\nmark = stateflow.entity", "mark"),
    ] {
        let text = entity("").replace("stateflow.entity", decorator);
        let base = "import stateflow as sf\nfrom stateflow import entity\nmark = entity\n";
        let files = [("app.py", &*format!("{import}\n{text}")), ("base.py", base)];
        assert_eq!(said(&files), [] as [&str; 0], "{import}");
        with_model(&files, |model, _| {
            assert_eq!(model.entities.len(), 1, "{import}")
        });
    }
}

#[test]
fn names_lead_through_reexports_and_cycles() {
    let files = [
        (
            "app.py",
            "import stateflow, decimal as d\nimport pkg.items\nfrom pkg import *\nfrom pkg.money import Euro as E, Alias\nfrom pkg import items as it\nclass A:\n    class B: pass\n",
        ),
        (
            "pkg/__init__.py",
            "from .items import Item as Thing\nfrom .money import *\n__all__ = ['Thing', 'helper']\n__all__ += ['Euro']\n",
        ),
        (
            "pkg/items.py",
            "from stateflow import entity\nfrom pkg.money import Euro\nimport app\n@entity\nclass Item:\n    def __init__(self, id: int): self.id = id\n    def __key__(self): return self.id\n",
        ),
        (
            "pkg/money.py",
            "from .items import Item\nclass Euro: pass\nclass _Hidden: pass\nAlias = Item\ndef helper(): ...\n",
        ),
    ];
    with_model(&files, |model, found| {
        assert_eq!(found, []);
        let program = model.program;
        let app = program.find("app").unwrap();
        let item = Binding::Entity(EntityId(0));
        assert_eq!(model.name(app, "Thing"), Some(&item));
        assert_eq!(
            model.name(app, "helper"),
            Some(&Binding::Function(FunctionId(0)))
        );
        assert_eq!(model.name(app, "E"), model.name(app, "Euro"));
        assert_eq!(
            model.name(app, "d"),
            Some(&Binding::External("decimal".to_owned()))
        );
        assert_eq!(model.name(app, "_Hidden"), None);
        assert!(matches!(
            model.name(app, "Alias"),
            Some(Binding::Variable { .. })
        ));
        assert_eq!(
            model.name(app, "it"),
            program.find("pkg.items").map(Binding::Module).as_ref()
        );
        let pkg = model.name(app, "pkg").unwrap();
        let items = model.member(pkg, "items").unwrap();
        assert_eq!(model.member(&items, "Item"), Some(item));
        let outer = model.name(app, "A").unwrap();
        let Some(Binding::Class(inner)) = model.member(outer, "B") else {
            panic!("A.B is a class");
        };
        assert_eq!(model.class(inner).qualname, "A.B");
        assert_eq!(
            model.entities[0].key.as_ref().unwrap().type_,
            Some(KeyType::Int)
        );
    });
}

#[test]
fn imports_inside_functions_can_be_asked_for() {
    let files = [
        (
            "app.py",
            &*format!(
                "{HEAD}{}def f():\n    from other import X, Gone\n    import other as o\n",
                entity("")
            ),
        ),
        ("other.py", "class X: pass\n"),
    ];
    with_model(&files, |model, found| {
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "there is no `Gone` in the module `other`");
        let app = model.program.find("app").unwrap();
        let body = &model.functions[0].def.body;
        let bound = model.imported(app, &body[0]);
        assert_eq!(bound[0], ("X", Binding::Class(ClassId(0))));
        let bound = model.imported(app, &body[1]);
        assert_eq!(
            bound[0],
            ("o", Binding::Module(model.program.find("other").unwrap()))
        );
    });
}

#[test]
fn missing_names_are_reported_with_what_was_meant() {
    let files = [
        (
            "app.py",
            &*format!(
                "{HEAD}from other import Itme, late, made\ntry:\n    from other import gone\nexcept ImportError: pass\nfrom open_ import x\n{}",
                entity("")
            ),
        ),
        (
            "other.py",
            "class Item: pass\ndef f():\n    global late\n    late = 1\nif (made := 1): pass\n",
        ),
        ("open_.py", "from json import *\n"),
    ];
    assert_eq!(
        said(&files),
        ["E0013 there is no `Itme` in the module `other` [Itme]"]
    );
    with_model(&files, |_, found| {
        assert_eq!(found[0].help, ["there is a `Item`"])
    });
    let circle = [
        (
            "app.py",
            &*format!("{HEAD}from other import x\n{}", entity("")),
        ),
        ("other.py", "from app import x\n"),
    ];
    assert_eq!(said(&circle).len(), 2);
}

#[test]
fn the_type_of_the_key_is_told_from_annotations() {
    let of = |head: &str, field: &str, key: &str| {
        let text = format!(
            "{HEAD}{head}\n@stateflow.entity\nclass A:\n    def __init__(self, x{field}):\n        self.x = x\n    def __key__(self){key}\n"
        );
        with_model(&[("app.py", &text)], |model, found| {
            let type_ = model.entities[0].key.as_ref().and_then(|key| key.type_);
            type_
                .map(|type_| format!("{type_:?}"))
                .unwrap_or_else(|| found[0].message.clone())
        })
    };
    assert_eq!(of("", "", " -> str: return self.x"), "Str");
    assert_eq!(of("", ": int", ": return self.x"), "Int");
    assert_eq!(of("", ": 'int'", ": return self.x"), "Int");
    assert_eq!(of("", "", ": return str(self.x)"), "Str");
    assert_eq!(of("Id = int", ": Id", ": return self.x"), "Int");
    assert_eq!(
        of(
            "from typing import NewType\nId = NewType('Id', str)",
            ": Id",
            ": return self.x"
        ),
        "Str"
    );
    assert_eq!(
        of(
            "from typing import Annotated",
            ": Annotated[str, 1]",
            ": return self.x"
        ),
        "Str"
    );
    assert_eq!(
        of("", "", ": return self.x"),
        "the type of the key of `A` cannot be told"
    );
    assert_eq!(
        of("", ": float", ": return self.x"),
        "the key of `A` is neither a `str` nor an `int`"
    );
    assert_eq!(
        of("", ": str | None", ": return self.x"),
        "the key of `A` is neither a `str` nor an `int`"
    );
    assert_eq!(
        of("", "", ": return (self.x, 1)"),
        "the key of `A` is neither a `str` nor an `int`"
    );
    assert_eq!(
        of("", "", " -> float: return self.x"),
        "the key of `A` is neither a `str` nor an `int`"
    );
    assert_eq!(
        of("", ": int", " -> str: return self.x"),
        "`__key__` is annotated `str` and returns `int`"
    );
    assert_eq!(
        of("class C: pass", ": C", ": return self.x"),
        "the key of `A` is neither a `str` nor an `int`"
    );
}

#[test]
fn circles_of_names_have_no_type() {
    let fields = "@stateflow.entity\nclass A:\n    def __init__(self):\n        self.x = self.y\n        self.y = self.x\n    def __key__(self): return self.x\n";
    assert_eq!(
        said_of(fields),
        ["E0103 the type of the key of `A` cannot be told [self.x]"]
    );
    let aliases = "from typing import NewType\nB = C\nC = B\nD = NewType('D', D)\n@stateflow.entity\nclass A:\n    def __init__(self, x: B): self.x = x\n    def __key__(self): return self.x\n";
    let expected = ["E0103 the type of the key of `A` cannot be told [self.x]"];
    assert_eq!(said_of(aliases), expected);
    assert_eq!(said_of(&aliases.replace("x: B", "x: D")), expected);
}

#[test]
fn keys_that_cannot_be_used_are_reported() {
    let key = |body: &str| {
        said_of(&format!(
            "@stateflow.entity\nclass A:\n    P = 'p'\n    def __init__(self, x: str): self.x = x\n    def m(self): self.y = 1\n{body}"
        ))
    };
    assert_eq!(key("    pass\n"), ["E0101 entity `A` has no `__key__` [A]"]);
    assert_eq!(
        key("    def __key__(self) -> str: return self.P\n"),
        ["E0102 `__key__` of `A` reads no field of `self` [__key__]"]
    );
    assert_eq!(
        key("    def __key__(self) -> str: return self.P + self.x\n"),
        [] as [&str; 0]
    );
    assert_eq!(
        key("    def __key__(self) -> str: return self.z\n"),
        ["E0102 `__key__` reads `self.z`, which `__init__` does not assign [self.z]"]
    );
    assert_eq!(
        key("    def __key__(self) -> str: return self.m()\n"),
        ["E0102 `__key__` calls the method `m` [self.m]"]
    );
    assert_eq!(
        key("    def __key__(self) -> str: self.x\n"),
        ["E0102 `__key__` of `A` returns nothing [__key__]"]
    );
    assert_eq!(
        key("    def __key__(self, x) -> str: return self.x\n"),
        ["E0102 `__key__` of `A` takes parameters [__key__]"]
    );
    assert_eq!(
        key("    async def __key__(self) -> str: return self.x\n"),
        ["E0102 `__key__` of `A` is `async` [__key__]"]
    );
    assert_eq!(
        key("    @property\n    def __key__(self) -> str: return self.x\n"),
        ["E0102 `__key__` of `A` is not a plain method [__key__]"]
    );
}

#[test]
fn what_setters_assign_in_init_is_a_field() {
    let text = "
import stateflow

@stateflow.entity
class User:
    def __init__(self, name: str, level: int):
        self.level = level
        self.name = name
    def __key__(self):
        return self.name
    @property
    def level(self): return self._level
    @level.setter
    def level(self, value):
        self.last, self._level = value, value
    @level.deleter
    def level(self):
        self.deleted = True
";
    with_model(&[("app.py", text)], |model, found| {
        assert_eq!(found, []);
        let user = &model.entities[0];
        let fields = user.fields.iter().map(|one| one.name);
        assert_eq!(fields.collect::<Vec<_>>(), ["last", "_level", "name"]);
        let others = user.others.iter().map(|one| one.name);
        assert_eq!(others.collect::<Vec<_>>(), ["deleted"]);
    });
}

#[test]
fn key_fields_change_nowhere_but_in_init() {
    let change = |stmt: &str| said_of(&entity(&format!("def m(self, other):\n    {stmt}")));
    let reported = |place: &str| {
        vec![format!(
            "E0104 `name` is part of the key and is assigned outside `__init__` [{place}]"
        )]
    };
    assert_eq!(change("self.name = 1"), reported("self.name"));
    assert_eq!(change("self.name += 'x'"), reported("self.name"));
    assert_eq!(change("del self.name"), reported("self.name"));
    assert_eq!(change("x, [self.name] = other"), reported("self.name"));
    assert_eq!(
        change("for self.name in other: pass"),
        reported("self.name")
    );
    assert_eq!(change("def f(): self.name = 1"), reported("self.name"));
    assert_eq!(change("def f(self): self.name = 1"), [] as [&str; 0]);
    let setter =
        "@property\ndef m(self): pass\n@m.setter\ndef m(self, value):\n    self.name = value";
    assert_eq!(said_of(&entity(setter)), reported("self.name"));
    let made = "@classmethod\ndef make(cls):\n    cls.name = 1";
    assert_eq!(said_of(&entity(made)), [] as [&str; 0]);
    assert_eq!(change("other.name = self.name.x = 1"), [] as [&str; 0]);
}

#[test]
fn what_an_entity_may_not_be_is_reported() {
    assert_eq!(
        said_of("@stateflow\nclass A: pass\n")[0],
        "E0113 `stateflow` is a module, not a decorator [@stateflow]"
    );
    let text = entity("").replace("entity\n", "entity(ttl=3)\n");
    assert_eq!(
        said_of(&text),
        ["E0113 the decorator of an entity takes no arguments [@stateflow.entity(ttl=3)]"]
    );
    let head = |head: &str| said_of(&entity("").replace("class User", head));
    assert_eq!(head("class User(object)"), [] as [&str; 0]);
    assert_eq!(
        head("class User(dict, Unknown)"),
        [
            "E0108 an entity cannot inherit from `dict` [dict]",
            "E0108 an entity cannot inherit from `Unknown` [Unknown]"
        ]
    );
    assert_eq!(
        head("class User(made())"),
        ["E0108 this base class of an entity cannot be told from the text [made()]"]
    );
    assert_eq!(head("class User[T]"), [] as [&str; 0]);
    assert_eq!(
        head("class User(metaclass=M)"),
        ["E0108 a metaclass or class keyword on an entity is not supported yet [metaclass=M]"]
    );
    let text = format!("import dataclasses as d\n@d.dataclass\n{}", entity(""));
    assert_eq!(
        said_of(&text),
        ["E0109 `@dataclass` on an entity is not supported yet [@d.dataclass]"]
    );
    let derived = format!("{}class Guest(User): pass\n", entity(""));
    assert_eq!(
        said_of(&derived),
        ["E0108 `Guest` inherits from the entity `User` and is none itself [Guest]"]
    );
    let bases = "class A: pass\nclass B(A): pass\n";
    let disordered = entity("").replace("class User", "class User(A, B)");
    assert_eq!(
        said_of(&format!("{bases}{disordered}")),
        ["E0108 the bases of `User` have no consistent order [User]"]
    );
    let mixin = "class A:\n    def __eq__(self, other): ...\n    @cached\n    def f(self): ...\n";
    let inherits = entity("").replace("class User", "class User(A)");
    let again = inherits.replace("User", "Other");
    assert_eq!(
        said_of(&format!("{mixin}{inherits}{again}")),
        [
            "E0106 entity `User` defines `__eq__` [__eq__]",
            "E0110 this decorator on a method of an entity is not supported yet [@cached]"
        ]
    );
    let twice = format!("{}{}", entity(""), entity(""));
    assert_eq!(
        said_of(&twice),
        ["E0105 entity `User` is defined twice [User]"]
    );
    let inside = format!(
        "{}def f():\n    @stateflow.entity\n    class B: pass\nclass C:\n    @stateflow.entity\n    class D: pass\n",
        entity("")
    );
    assert_eq!(
        said_of(&inside),
        [
            "E0107 entity `D` is defined inside another class [D]",
            "E0107 entity `B` is defined inside a function [B]"
        ]
    );
}

#[test]
fn what_an_entity_may_not_define_is_reported() {
    let codes = |body: &str| {
        said_of(&entity(body))
            .into_iter()
            .map(|found| found[..5].to_owned())
            .collect::<Vec<_>>()
    };
    for body in [
        "def __eq__(self, other): return True",
        "def __lt__(self, other): return True",
        "def __repr__(self): return ''",
        "def __getattr__(self, name): return 1",
        "def __new__(cls): return 1",
        "def __call__(self): return 1",
        "__slots__ = ('name',)",
        "__hash__ = None",
    ] {
        assert_eq!(codes(body), ["E0106"], "{body}");
    }
    assert_eq!(codes("@cache\ndef m(self): pass"), ["E0110"]);
    assert_eq!(
        codes(
            "@property\ndef m(self): pass\n@m.setter\ndef m(self, value): pass\n@m.deleter\ndef m(self): pass"
        ),
        [] as [&str; 0]
    );
    assert_eq!(
        codes("@property\ndef m(self): pass\n@m.setter\ndef n(self, value): pass"),
        ["E0110"]
    );
    assert_eq!(codes("@Base.m.deleter\ndef m(self): pass"), ["E0110"]);
    assert_eq!(codes("@property\ndef m(): pass"), ["E0112"]);
    assert_eq!(
        codes("@property\ndef m(self): pass\n@m.setter\ndef m(): pass"),
        ["E0112"]
    );
    assert_eq!(codes("async def m(self): pass"), [] as [&str; 0]);
    assert_eq!(codes("async def m(self):\n        yield 1"), ["E0111"]);
    assert_eq!(codes("async def __init__(self): pass"), ["E0111", "E0102"]);
    assert_eq!(codes("def m(self):\n    for x in y: yield x"), ["E0111"]);
    assert_eq!(
        codes("def m(self):\n    return lambda: (yield)"),
        [] as [&str; 0]
    );
    assert_eq!(codes("def m(): pass"), ["E0112"]);
    assert_eq!(
        codes("@staticmethod\ndef m(): pass\n__doc__ = ''"),
        [] as [&str; 0]
    );
}

#[test]
fn an_app_without_entities_is_reported() {
    assert_eq!(
        said(&[("app.py", "")]),
        ["E0100 the app `app` has no entity []"]
    );
    let text = "class A:\n    def __key__(self): ...\n";
    assert_eq!(
        said(&[("app.py", text)]),
        ["E0100 the app `app` has no entity [A]"]
    );
}
