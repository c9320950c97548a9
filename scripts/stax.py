"""The names of neural_tangents.stax, for Python programs that build a network: it prints as ntmpi's text.

    python3 -c "from stax import *; print(serial(Dense(512), Relu(), Dense(1)))" > net.txt

Functions, loops, lists, `serial(*layers)`, `repeat`, lambdas: whatever a program does to put layers together,
print() of the result is a text for `ntmpi kernel -n`. A program written for the reference needs another line:

    import stax                            # instead of: from neural_tangents import stax
    ...
    init_fn, apply_fn, kernel_fn = stax.serial(...)
    print(kernel_fn)

An argument may be a number, a string, None, a boolean, a tuple or list of these, a slice, a numpy array (or
anything with tolist()), an enum of this module, or a function of numbers: a lambda, which is read from the
program's source, a def of one return statement, or a function such as math.tanh or jax.numpy.exp, by its name.
Arguments are not checked here: ntmpi does that, and points at what is wrong. Needs nothing but Python 3.7.
"""

import ast as _ast
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
where maximum minimum max min abs absolute fabs power pow sign square sqrt exp expm1 log log1p sin cos tan arcsin arccos
arctan arctan2 asin acos atan atan2 sinh cosh tanh erf
""".split())


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


def _combine(name, layers):
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
    name = getattr(function, "__name__", "")
    name = name.rsplit(".", 1)[-1]
    if name in _FUNCTIONS:
        two = name in ("maximum", "minimum", "max", "min", "power", "pow", "arctan2", "atan2")
        arguments = "x, y, z" if name == "where" else "x, y" if two else "x"
        return f"lambda {arguments}: {name}({arguments})"
    tree = _find(function)
    body = tree.body if isinstance(tree, _ast.Lambda) else _single_return(tree, name)
    arguments = [a.arg for a in tree.args.args]
    body = _Values(function, arguments).visit(body)
    text = _ast.unparse(body) if hasattr(_ast, "unparse") else _unparse(body)
    return f"lambda {', '.join(arguments)}: {text}"


def _single_return(tree, name):
    statements = [s for s in tree.body if not (isinstance(s, _ast.Expr) and isinstance(s.value, _ast.Constant))]
    if len(statements) != 1 or not isinstance(statements[0], _ast.Return):
        raise TypeError(f"the function {name} must be one return statement, to become a lambda of the network")
    return statements[0].value


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
    """Replaces names and attributes that the program knows as numbers, and the modules of functions."""

    def __init__(self, function, arguments):
        closure = _inspect.getclosurevars(function)
        self.values = {**closure.globals, **closure.nonlocals}
        self.arguments = arguments

    def value(self, node):
        """What a name, or an attribute of something, is in the program; None: not known."""
        if isinstance(node, _ast.Attribute):
            return getattr(self.value(node.value), node.attr, None)
        return self.values.get(node.id) if isinstance(node, _ast.Name) else None

    def constant(self, node):
        """The number that it is, as a node of its own; or None."""
        value = self.value(node)
        value = getattr(value, "item", lambda: value)()
        return _ast.copy_location(_ast.Constant(value), node) if isinstance(value, (int, float)) else None

    def visit_Name(self, node):
        if node.id in self.arguments or node.id in _FUNCTIONS:
            return node
        value = self.value(node)
        if callable(value) and getattr(value, "__name__", "") in _FUNCTIONS:
            return _ast.copy_location(_ast.Name(value.__name__, node.ctx), node)
        constant = self.constant(node)
        if constant is not None or node.id in _CONSTANTS:
            return constant or node
        raise TypeError(f"'{node.id}' in a function of the network is neither its argument nor a number")

    def visit_Attribute(self, node):
        if node.attr in _CONSTANTS:
            return _ast.copy_location(_ast.Name(node.attr, node.ctx), node)
        constant = self.constant(node)
        if constant is not None:
            return constant
        if node.attr in _FUNCTIONS:
            return _ast.copy_location(_ast.Name(node.attr, node.ctx), node)
        raise TypeError(f"'{node.attr}' is neither a number nor a function that a lambda of the network can use")

    def visit_Call(self, node):
        node.func = self.visit(node.func)
        node.args = [self.visit(a) for a in node.args]
        return node

    def visit_IfExp(self, node):
        parts = [self.visit(p) for p in (node.test, node.body, node.orelse)]
        return _ast.copy_location(_ast.Call(_ast.Name("where", _ast.Load()), parts, []), node)


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
