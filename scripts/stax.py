"""The names of neural_tangents.stax, for Python programs that build a network: it prints as ntmpi's text.

    python3 -c "from stax import *; print(serial(Dense(512), Relu(), Dense(1)))" > net.txt

Functions, loops, lists, `serial(*layers)`, `repeat`, lambdas: whatever a program does to put layers together,
print() of the result is a text for `ntmpi kernel -n`. A program written for the reference needs another line:

    import stax                            # instead of: from neural_tangents import stax
    ...
    init_fn, apply_fn, kernel_fn = stax.serial(...)
    print(kernel_fn)

An argument may be a number, a string, None, a boolean, a tuple or list of these, a slice, a numpy array (or
anything with tolist()), an enum of this module, or a function of numbers: a lambda or a def of assignments and a
return, which is read from the program's source with the numbers and functions that it uses, functools.partial of one,
or a function such as math.tanh, jax.numpy.exp or jax.nn.sigmoid, by its name.
Arguments are not checked here: ntmpi does that, and points at what is wrong. Needs nothing but Python 3.7.
"""

import ast as _ast
import copy as _copy
import functools as _functools
import inspect as _inspect

_LAYERS = """
ABRelu Abs Aggregate AvgPool Conv ConvLocal ConvTranspose Cos Dense DotGeneral Dropout Elementwise
ElementwiseNumerical Erf Exp ExpNormalized FanInConcat FanInProd FanInSum FanOut Flatten Gabor Gaussian Gelu
GlobalAvgPool GlobalSelfAttention GlobalSumPool Hermite Identity ImageResize Index LayerNorm LeakyRelu Monomial
Polynomial Rbf RectifiedMonomial Relu Sigmoid_like Sign Sin SumPool
""".split()

__all__ = _LAYERS + [
    "serial", "parallel", "repeat", "Slice", "Padding", "AggregateImplementation", "AttentionMechanism",
    "PositionalEmbedding", "elementwise", "array", "load",
]

# Numbers that a lambda may name, of this or another module.
_CONSTANTS = {"pi", "e", "inf", "nan"}

# Functions of the network language, and of a lambda in it.
_FUNCTIONS = set("""
where maximum minimum max min abs absolute fabs power pow sign square sqrt exp expm1 log log1p logaddexp sin cos tan arcsin
arccos arctan arctan2 asin acos atan atan2 sinh cosh tanh erf
""".split())

# Functions of other modules that are formulas of these: arguments, formula.
_FORMULAS = {
    "sigmoid": ("x", "1 / (1 + exp(-x))"), "expit": ("x", "1 / (1 + exp(-x))"),
    "relu": ("x", "maximum(x, 0)"), "relu6": ("x", "minimum(maximum(x, 0), 6)"),
    "silu": ("x", "x / (1 + exp(-x))"), "swish": ("x", "x / (1 + exp(-x))"),
    "leaky_relu": ("x", "where(x >= 0, x, 0.01 * x)"), "elu": ("x", "where(x > 0, x, exp(x) - 1)"),
    "softplus": ("x", "log(1 + exp(x))"), "soft_sign": ("x", "x / (1 + abs(x))"),
    "logaddexp": ("x, y", "log(exp(x) + exp(y))"), "clip": ("x, low, high", "minimum(maximum(x, low), high)"),
    "hypot": ("x, y", "sqrt(x * x + y * y)"),
}


class Layer:
    """A piece of a network: str() is its text."""

    def __init__(self, text, kind):
        self._text, self._kind = text, kind

    def __str__(self):
        return self._text

    __repr__ = __str__

    def __iter__(self):
        """As (init_fn, apply_fn, kernel_fn), of which the last is this text."""
        return iter((_Missing("init_fn"), _Missing("apply_fn"), self))

    def __getitem__(self, index):
        return tuple(self)[index]

    def __call__(self, *_args, **_kwargs):
        raise TypeError("kernel_fn is a text here: print it, and give it to ntmpi kernel")


class _Missing:
    """A function of finite networks, which ntmpi has no use for."""

    def __init__(self, name):
        self._name = name

    def __call__(self, *_args, **_kwargs):
        raise TypeError(f"{self._name} is not available here: this module makes texts for ntmpi")


class _Raw:
    """A value that is written as a given text."""

    def __init__(self, text):
        self._text = text

    def __repr__(self):
        return self._text


def array(values):
    """np.array of nested lists of numbers, or of anything with tolist()."""
    return _Raw(f"np.array({_text(getattr(values, 'tolist', lambda: values)())})")


def load(path):
    """A .npy file that ntmpi reads itself, relative to the network's file."""
    return _Raw(f"load({path!r})")


def _call(name, args, kwargs):
    words = [_text(a) for a in args] + [f"{k}={_text(v)}" for k, v in kwargs.items()]
    return Layer(f"{name}({', '.join(words)})", name)


def _constructor(name):
    def make(*args, **kwargs):
        return _call(name, args, kwargs)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"{name}, with the arguments that it has in neural_tangents.stax (ntmpi layers {name})."
    return make


for _name in _LAYERS:
    globals()[_name] = _constructor(_name)


def _is_triple(layer):
    """(init_fn, apply_fn, kernel_fn) again."""
    return isinstance(layer, tuple) and len(layer) == 3 and isinstance(layer[0], _Missing)


def _combine(name, layers):
    layers = [layer[2] if _is_triple(layer) else layer for layer in layers]
    for i, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            star = f"; write {name}(*layers)" if isinstance(layer, (list, tuple)) else ""
            raise TypeError(f"argument {i + 1} of {name} must be a layer, not {layer!r}{star}")
    if not layers:
        raise ValueError(f"{name} needs at least one layer")
    return _call(name, layers, {})


def serial(*layers):
    """One after the other."""
    return _combine("serial", layers)


def parallel(*layers):
    """One for each entry of the input."""
    return _combine("parallel", layers)


def repeat(layer, n):
    """n times one after the other."""
    layer = layer[2] if _is_triple(layer) else layer
    if not isinstance(layer, Layer):
        raise TypeError(f"argument 1 of repeat must be a layer, not {layer!r}")
    return _call("repeat", (layer, n), {})


class _Slice:
    def __getitem__(self, index):
        items = index if isinstance(index, tuple) else (index,)
        return _Raw(f"Slice[{', '.join(_slice_text(i) for i in items)}]")


Slice = _Slice()


def _slice_text(item):
    if item is Ellipsis:
        return "..."
    if not isinstance(item, slice):
        return _text(item)
    ends = ["" if end is None else _text(end) for end in (item.start, item.stop)]
    return ":".join(ends + ([] if item.step is None else [_text(item.step)]))


class _Words(type):
    """A class whose members are the strings that stand for them."""

    def __iter__(cls):
        return iter(v for k, v in vars(cls).items() if not k.startswith("_"))

    def __call__(cls, word):
        return word

    def __getitem__(cls, word):
        return getattr(cls, word)


class Padding(metaclass=_Words):
    CIRCULAR, SAME, VALID = "CIRCULAR", "SAME", "VALID"


class AggregateImplementation(metaclass=_Words):
    DENSE, SPARSE = "DENSE", "SPARSE"


class AttentionMechanism(metaclass=_Words):
    SOFTMAX, IDENTITY, ABS, RELU = "SOFTMAX", "IDENTITY", "ABS", "RELU"


class PositionalEmbedding(metaclass=_Words):
    NONE, SUM, CONCAT = "NONE", "SUM", "CONCAT"


def elementwise(*_args, **_kwargs):
    raise NotImplementedError("the decorator elementwise makes layers of kernel functions: "
                              "write Elementwise(fn, nngp_fn, d_nngp_fn)")


def _text(value):
    """An argument as the network language writes it."""
    if isinstance(value, (Layer, _Raw)):
        return str(value) if isinstance(value, Layer) else repr(value)
    if value is None or value is Ellipsis or isinstance(value, (bool, int, str)):
        return "..." if value is Ellipsis else repr(value)
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, range):
        value = tuple(value)
    if isinstance(value, (list, tuple)):
        inside = ", ".join(_text(v) for v in value)
        if isinstance(value, list):
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, slice):
        return f"Slice[{_slice_text(value)}]"
    if callable(value):
        return _function_text(value)
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return _text(value.item())
    if hasattr(value, "tolist"):
        return repr(array(value))
    if hasattr(value, "name") and isinstance(value.name, str):  # an enum of the reference
        return repr(value.name)
    raise TypeError(f"{value!r} cannot be an argument of a network's layer")


def _function_text(function):
    arguments, defaults, body = _formula(function)
    body = _Put(defaults).visit(_copy.deepcopy(body))
    text = _ast.unparse(body) if hasattr(_ast, "unparse") else _unparse(body)
    return f"lambda {', '.join(a for a in arguments if a not in defaults)}: {text}"


def _formula(function):
    """Names of the arguments, expressions of those that need not be given, and the expression of a function."""
    if isinstance(function, _functools.partial):
        return _bind(_formula(function.func), [_number(v) for v in function.args],
                     {k: _number(v) for k, v in function.keywords.items()})
    name = getattr(function, "__name__", "").rsplit(".", 1)[-1]
    if name in _FUNCTIONS:
        two = name in ("maximum", "minimum", "max", "min", "power", "pow", "arctan2", "atan2")
        arguments = "x, y, z" if name == "where" else "x, y" if two else "x"
        return _known(arguments, f"{name}({arguments})")
    if name in _FORMULAS and not _has_source(function):
        return _known(*_FORMULAS[name])
    tree = _find(function)
    names = [a.arg for a in tree.args.args + tree.args.kwonlyargs]
    values = _Values(function, names)
    body = values.visit(tree.body) if isinstance(tree, _ast.Lambda) else _return_value(tree, name, values)
    given = dict(zip(names[: len(tree.args.args)][::-1], (function.__defaults__ or ())[::-1]))
    given.update(function.__kwdefaults__ or {})
    first = 1 if _inspect.ismethod(function) else 0
    return names[first:], {k: _number(v) for k, v in given.items()}, body


def _has_source(function):
    """Whether the program itself wrote it."""
    return hasattr(function, "__code__") and "site-packages" not in function.__code__.co_filename


def _known(arguments, text):
    return arguments.split(", "), {}, _ast.parse(text, mode="eval").body


def _bind(formula, given, named):
    """The formula with some of its arguments given."""
    names, defaults, body = formula
    if len(given) > len(names) or not set(named) <= set(names):
        raise TypeError(f"a function of ({', '.join(names)}) was given other arguments")
    bound = {**dict(zip(names, given)), **named}
    rest = [n for n in names if n not in bound]
    return rest, {n: v for n, v in defaults.items() if n in rest}, _Put(bound).visit(_copy.deepcopy(body))


def _number(value):
    """A number as an expression."""
    value = getattr(value, "item", lambda: value)()
    if not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} in a function of the network is no number")
    if value != value or value in (float("inf"), float("-inf")):
        node = _ast.Name("nan" if value != value else "inf", _ast.Load())
    else:
        node = _ast.Constant(abs(value) if not isinstance(value, bool) else int(value))
    return _ast.UnaryOp(_ast.USub(), node) if value < 0 else node


class _Put(_ast.NodeTransformer):
    """Puts expressions in the place of names."""

    def __init__(self, expressions):
        self.expressions = expressions

    def visit_Name(self, node):
        return _copy.deepcopy(self.expressions.get(node.id, node))


def _return_value(tree, name, values):
    """What a def of assignments returns, as one expression."""
    for i, statement in enumerate(tree.body):
        if isinstance(statement, _ast.Expr) and isinstance(statement.value, _ast.Constant):
            continue
        if isinstance(statement, _ast.Return) and i == len(tree.body) - 1 and statement.value is not None:
            return values.visit(statement.value)
        targets = getattr(statement, "targets", [getattr(statement, "target", None)])
        if not isinstance(statement, (_ast.Assign, _ast.AnnAssign)) or not isinstance(targets[0], _ast.Name):
            break
        values.local[targets[0].id] = values.visit(statement.value)
    raise TypeError(f"the function {name} must be assignments and a return, to become a lambda of the network")


def _find(function):
    """The expression of a lambda, or the definition of a function, in the source of the program."""
    code = getattr(function, "__code__", None)
    name = getattr(function, "__name__", repr(function))
    if code is None:
        raise TypeError(f"{name} has no formula that can be read: write a lambda, or a formula as text")
    try:
        lines = _inspect.getsourcelines(_inspect.getmodule(code) or code)[0]
        tree = _ast.parse("".join(lines))
    except (OSError, TypeError, SyntaxError):
        raise TypeError(
            f"the source of {name} cannot be read (python -c, or an interactive session): write its formula "
            "as text instead, such as Elementwise('x * tanh(x)')"
        ) from None
    found = []
    for node in _ast.walk(tree):
        if isinstance(node, (_ast.Lambda, _ast.FunctionDef)):
            first = min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", [])])
            if first == code.co_firstlineno and [a.arg for a in node.args.args] == list(
                code.co_varnames[: code.co_argcount]
            ):
                found.append(node)
    same = [n for n in found if isinstance(n, _ast.Lambda) == (name == "<lambda>") and _may_be(n, code)]
    if not same:
        raise TypeError(f"the source of {name} was not found: write its formula as text")
    if len({_ast.dump(n) for n in same}) > 1:
        raise TypeError("which of the lambdas in this line is meant? Give each a line of its own")
    return same[0]


def _may_be(node, code):
    """Whether a lambda has this code, as far as one can tell: several may stand in one line."""
    if not isinstance(node, _ast.Lambda):
        return True
    names = {n.id for n in _ast.walk(node.body) if isinstance(n, _ast.Name)}
    known = set(code.co_names) | set(code.co_varnames) | set(code.co_freevars)
    if not names <= known or not hasattr(code, "co_positions"):
        return names <= known
    body = node.body
    begin, end = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    places = [p for p in code.co_positions() if None not in p and p[2:] != (0, 0)]
    return all(begin <= (p[0], p[2]) and (p[1], p[3]) <= end for p in places)


class _Values(_ast.NodeTransformer):
    """Replaces what the program knows as numbers, and the functions that it calls by their formulas."""

    def __init__(self, function, arguments):
        closure = _inspect.getclosurevars(function)
        self.values = {**closure.builtins, **closure.globals, **closure.nonlocals}
        self.local = {}
        if _inspect.ismethod(function):
            self.values[arguments[0]] = function.__self__
            arguments = arguments[1:]
        self.arguments = arguments

    def visit(self, node):
        number = self.number(node) if isinstance(node, _ast.expr) and not isinstance(node, _ast.Constant) else None
        return super().visit(node) if number is None else number

    def evaluate(self, node):
        """What an expression without arguments is in the program; None: not known."""
        names = {n.id for n in _ast.walk(node) if isinstance(n, _ast.Name)}
        if names & (set(self.arguments) | set(self.local)):
            return None
        try:
            return eval(compile(_ast.Expression(node), "formula", "eval"), {"__builtins__": {}}, self.values)
        except Exception:  # pylint: disable=broad-except
            return None

    def number(self, node):
        """The number that it is, as an expression; or None."""
        if getattr(node, "attr", getattr(node, "id", None)) in _CONSTANTS:
            return None
        value = self.evaluate(node)
        if callable(value) or getattr(value, "shape", ()) != ():
            return None
        try:
            return _number(value)
        except TypeError:
            return None

    def visit_Name(self, node):
        if node.id in self.local:
            return _copy.deepcopy(self.local[node.id])
        if node.id in self.arguments or node.id in _CONSTANTS:
            return node
        raise TypeError(f"'{node.id}' in a function of the network is neither its argument nor a number")

    def visit_Attribute(self, node):
        if node.attr in _CONSTANTS:
            return _ast.Name(node.attr, node.ctx)
        raise TypeError(f"'{node.attr}' is neither a number nor a function that a lambda of the network can use")

    def visit_Call(self, node):
        """A function by its name, or what it returns."""
        function = self.evaluate(node.func)
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        name = name if name in _FUNCTIONS else getattr(function, "__name__", name).rsplit(".", 1)[-1]
        given = [self.visit(a) for a in node.args]
        named = {k.arg: self.visit(k.value) for k in node.keywords}
        if name in _FUNCTIONS and not named:
            return _ast.Call(_ast.Name(name, _ast.Load()), given, [])
        if name in _FORMULAS and not _has_source(function):
            formula = _known(*_FORMULAS[name])
        elif _has_source(function) or isinstance(function, _functools.partial):
            formula = _formula(function)
        else:
            raise TypeError(f"'{name}' in a function of the network is none that a lambda of it can use")
        rest, defaults, body = _bind(formula, given, named)
        if set(rest) - set(defaults):
            raise TypeError(f"'{name}' in a function of the network lacks arguments")
        return _Put(defaults).visit(body)

    def visit_IfExp(self, node):
        parts = [self.visit(p) for p in (node.test, node.body, node.orelse)]
        return _ast.Call(_ast.Name("where", _ast.Load()), parts, [])


_SIGNS = {
    _ast.Add: "+", _ast.Sub: "-", _ast.Mult: "*", _ast.Div: "/", _ast.FloorDiv: "//", _ast.Mod: "%",
    _ast.Pow: "**", _ast.Lt: "<", _ast.LtE: "<=", _ast.Gt: ">", _ast.GtE: ">=", _ast.Eq: "==",
    _ast.NotEq: "!=", _ast.USub: "-", _ast.UAdd: "+",
}


def _unparse(node):
    """ast.unparse of a formula, for Python before 3.9."""
    if isinstance(node, _ast.BinOp):
        return f"({_unparse(node.left)} {_SIGNS[type(node.op)]} {_unparse(node.right)})"
    if isinstance(node, _ast.UnaryOp):
        return f"({_SIGNS[type(node.op)]}{_unparse(node.operand)})"
    if isinstance(node, _ast.Compare):
        return f"({_unparse(node.left)} {_SIGNS[type(node.ops[0])]} {_unparse(node.comparators[0])})"
    if isinstance(node, _ast.Call):
        return f"{node.func.id}({', '.join(_unparse(a) for a in node.args)})"
    return node.id if isinstance(node, _ast.Name) else repr(node.value)
