#!/usr/bin/env bash
# scripts/stax.py: Python programs that build networks, and what ntmpi makes of the texts.
if ! command -v python3 >/dev/null; then
  echo "skipped: python3 is not installed"
  exit 77
fi
source "$NT_TEST_LIB"
cp "${NT_TEST_DATA%/tests/data}/scripts/stax.py" .
export PYTHONDONTWRITEBYTECODE=1
printf '1,2,3\n4,5,6\n0.5,-1,2\n' >x.csv

# prints PROGRAM TEXT: the program prints exactly that network.
prints() {
  printf '%s\n' "$1" >program.py
  LAST="python3: $1"
  python3 program.py >"$OUT" 2>"$ERR" || cat "$ERR"
  expect_true test "$(cat "$OUT")" = "$2"
}

# refuses PROGRAM PATTERN: the program ends with an error.
refuses() {
  printf '%s\n' "$1" >program.py
  LAST="python3: $1"
  expect_true test "$(python3 program.py >/dev/null 2>"$ERR" || echo failed)" = failed
  expect_stderr "$2"
}

prints 'from stax import *
print(serial(Dense(1), Relu()))' 'serial(Dense(1), Relu())'
prints 'import stax
def block(n, last=False):
    main = stax.serial(stax.Relu(), stax.Conv(n, (3, 3), padding="SAME", strides=[2, 2]))
    return stax.serial(stax.FanOut(2), stax.parallel(main, stax.Identity()), stax.FanInSum())
layers = [stax.Conv(4, (3,), padding=stax.Padding.SAME)]
for n in range(2):
    layers += [block(n + 1)]
init_fn, apply_fn, kernel_fn = stax.serial(*layers, stax.Flatten(), stax.Dense(10, W_std=2**.5, b_std=None))
print(kernel_fn)' "serial(Conv(4, (3,), padding='SAME'), \
serial(FanOut(2), parallel(serial(Relu(), Conv(1, (3, 3), padding='SAME', strides=[2, 2])), Identity()), FanInSum()), \
serial(FanOut(2), parallel(serial(Relu(), Conv(2, (3, 3), padding='SAME', strides=[2, 2])), Identity()), FanInSum()), \
Flatten(), Dense(10, W_std=1.4142135623730951, b_std=None))"
prints 'from stax import *
print(serial(repeat(serial(Dense(3), Erf(.5)), 4), *[Dense(2), Abs(True)] * 2))' \
  'serial(repeat(serial(Dense(3), Erf(0.5)), 4), Dense(2), Abs(True), Dense(2), Abs(True))'
prints 'from stax import *
print(serial(Index(Slice[:, 1:, ::-2, ...]), Index(slice(None, 3)), Aggregate(aggregate_axis=(1,)),
             DotGeneral(rhs=array([[1., 2.], [3., 4.]]), dimension_numbers=(((2,), (0,)), ((), ())))))' \
  "serial(Index(Slice[:, 1:, ::-2, ...]), Index(Slice[:3]), Aggregate(aggregate_axis=(1,)), \
DotGeneral(rhs=np.array([[1.0, 2.0], [3.0, 4.0]]), dimension_numbers=(((2,), (0,)), ((), ()))))"
prints 'import math
from stax import *
scale = 0.5
def swish(x):
    "x times the logistic function"
    return x / (1 + math.exp(-scale * x))
def make(c):
    return Elementwise(lambda t: t if t > c else c * math.tanh(t))
print(serial(Elementwise(swish), make(-1.5), ElementwiseNumerical(math.erf, deg=25),
             Elementwise(lambda x: x, nngp_fn=lambda c, v, w: c), Elementwise("x * tanh(x)", kinks=[0])))' \
  "serial(Elementwise(lambda x: x / (1 + exp(-0.5 * x))), Elementwise(lambda t: where(t > -1.5, t, -1.5 * tanh(t))), \
ElementwiseNumerical(lambda x: erf(x), deg=25), Elementwise(lambda x: x, nngp_fn=lambda c, v, w: c), \
Elementwise('x * tanh(x)', kinks=[0]))"

prints 'from stax import *
class Config:
    slope = 0.2
print(serial(Dense(1), LayerNorm(axis=range(1, 3)), Elementwise(lambda x: max(x, Config.slope * x), kinks=[0])))' \
  'serial(Dense(1), LayerNorm(axis=(1, 2)), Elementwise(lambda x: max(x, 0.2 * x), kinks=[0]))'

# What functions are made of: assignments, defaults, other functions, values of the program.
prints 'import functools, math
from stax import *
table = {"slope": -0.5}
def gate(x, low=-1.0, *, high=1.0):
    "a hard sigmoid"
    middle = (low + high) / 2
    y = x - middle
    return max(min(y, high), low)
class Scaled:
    factor = 3.0
    def act(self, x):
        return self.factor * gate(2 * x, high=2)
print(serial(Dense(1), Elementwise(gate, kinks=[-1, 1])))
print(Elementwise(Scaled().act, kinks=[-0.5, 1]))
print(Elementwise(functools.partial(lambda x, a: math.tanh(a * x), a=2)))
print([Elementwise(lambda x, s=s: s * math.sin(x)) for s in (1, 2)])
print(Elementwise(lambda x: table["slope"] ** 2 * x + math.sqrt(4) * math.pi))' \
  'serial(Dense(1), Elementwise(lambda x: max(min(x - (-1.0 + 1.0) / 2, 1.0), -1.0), kinks=[-1, 1]))
Elementwise(lambda x: 3.0 * max(min(2 * x - (-1.0 + 2) / 2, 2), -1.0), kinks=[-0.5, 1])
Elementwise(lambda x: tanh(2 * x))
[Elementwise(lambda x: 1 * sin(x)), Elementwise(lambda x: 2 * sin(x))]
Elementwise(lambda x: 0.25 * x + 6.283185307179586)'
prints 'import stax
layer = stax.serial(stax.Dense(2), stax.Relu())
init_fn, apply_fn, kernel_fn = layer
print(stax.serial((init_fn, apply_fn, kernel_fn), stax.repeat(layer[0:3], 2), layer[2]))
print(stax.Conv(1, (2,), padding=stax.Padding("SAME")), stax.Padding["VALID"])' \
  'serial(serial(Dense(2), Relu()), repeat(serial(Dense(2), Relu()), 2), serial(Dense(2), Relu()))
Conv(1, (2,), padding='"'SAME'"') VALID'

refuses 'from stax import *
serial([Dense(1), Relu()])' 'argument 1 of serial must be a layer.*serial\(\*layers\)'
refuses 'from stax import *
serial()' 'at least one layer'
refuses 'from stax import *
init, apply, kernel = serial(Dense(1))
apply(1, 2)' 'apply_fn is not available'
refuses 'from stax import *
def two(x):
    for i in range(2):
        x = x * x
    return x
Elementwise(two)' 'must be assignments and a return'
refuses 'from stax import *
Elementwise(lambda x: open(x))' "'open' in a function"
LAST="python3 -c with a lambda"
expect_true test "$(python3 -c 'from stax import *; Elementwise(lambda x: x)' 2>"$ERR" || echo failed)" = failed
expect_stderr 'write its formula as text'

# Every layer of the program is a name of the module.
LAST="ntmpi layers"
"$NTMPI" layers | grep -oE '^  [A-Za-z_]+\(' | tr -d ' (' | sort >ours
python3 -c 'import stax; print(*stax.__all__, sep="\n")' | sort >theirs
expect_true test -z "$(comm -23 ours theirs)"

# The same kernel as from the text.
cat >program.py <<'EOF'
from stax import *
hidden = [Dense(3, 1.5, .1), Elementwise(lambda x: x * tanh(x))]
print(serial(*hidden, *hidden, Dense(1)))
EOF
sed -i '1i from math import tanh' program.py
python3 program.py >net.txt
alone kernel -n net.txt x.csv -o a.npy --get ntk --allow-singleton
expect_exit 0
alone kernel -e "serial(repeat(serial(Dense(3, 1.5, .1), Elementwise('x * tanh(x)')), 2), Dense(1))" x.csv \
  -o b.npy --get ntk --allow-singleton
expect_exit 0
expect_same a.npy b.npy
