#!/usr/bin/env python3
"""Print src/layer/angle_poly.h: the polynomials of the arc-cosine kernels, a = 1 - |cos theta|.

    P(a) = 2/pi acos(1 - a) / sqrt(a) = 2/pi sqrt(2 - a) + a Q

is analytic on [0, 1] (the next singularity is a = 2). In r = sqrt(2 - a) = sqrt(2) cos(theta / 2), which lies
in [1, sqrt(2)], the next singularity of Q is r = -sqrt(2), so that its interpolants in the Chebyshev points
converge like 25^-degree. The degrees below bring theta / pi and the kernels to rounding error. Needs mpmath.
Usage: scripts/relu_coefficients.py > src/layer/angle_poly.h
"""

import mpmath as mp

mp.mp.dps = 60

HEAD = '''/** The polynomial Q of the arc-cosine kernels, a = 1 - |cos theta| in [0, 1]:
 *
 *     2/pi acos(1 - a) / sqrt(a) = 2/pi r + a Q(r - NT_ANGLE_CENTER),   r = sqrt(2 - a)
 *
 * Written by scripts/relu_coefficients.py. */
#ifndef NT_LAYER_ANGLE_POLY_H
#define NT_LAYER_ANGLE_POLY_H
'''

CENTER = mp.mpf("1.25")  # of [1, sqrt(2)], with few digits: r - CENTER is exact


def p(a):
    return mp.acos(1 - a) / mp.sqrt(a) * 2 / mp.pi


def q(v):
    r = v + CENTER
    a = 2 - r * r
    return (p(a) - 2 / mp.pi * r) / a


def interpolant(f, low, high, degree):
    """Monomial coefficients of f, lowest first, through the Chebyshev points of [low, high]."""
    n = degree + 1
    nodes = [mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    nodes = [(low + high + x * (high - low)) / 2 for x in nodes]
    rows = mp.matrix(n, n)
    for i, x in enumerate(nodes):
        for j in range(n):
            rows[i, j] = x**j
    return list(mp.lu_solve(rows, mp.matrix([f(x) for x in nodes])))


def error(low, high, c):
    """Largest relative error of P."""
    points = [low + (high - low) * (mp.mpf(i) + 0.5) / 500 for i in range(500)]
    each = [(2 - (v + CENTER) ** 2, v) for v in points]
    return max(abs(a * (mp.polyval(c[::-1], v) - q(v)) / p(a)) for a, v in each)


def horner(real, name, power, terms):
    """C lines of a polynomial in `power`, lowest term first, by Horner's rule: the fewest operations."""
    print(f"  {real} {name} = {terms[-1]};")
    for term in reversed(terms[:-1]):
        print(f"  {name} = {name} * {power} + {term};".replace("+ -", "- "))


def function(name, degree, single):
    """C text of the polynomial in x. In double its even and odd parts side by side: that is one operation
    more, and half the latency."""
    low, high = 1 - CENTER, mp.sqrt(2) - CENTER
    c = interpolant(q, low, high, degree)
    real, suffix, digits = ("float", "f", 10) if single else ("double", "", 20)
    terms = [mp.nstr(x, digits, strip_zeros=False) + suffix for x in c]
    print(f"\n/* Degree {degree}, relative error of P {mp.nstr(error(low, high, c), 2)}. */")
    print(f"static inline {real} {name}({real} x)\n{{")
    if single:
        horner(real, "sum", "x", terms)
        print("  return sum;\n}")
    else:
        print(f"  const {real} square = x * x;")
        horner(real, "even", "square", terms[0::2])
        horner(real, "odd", "square", terms[1::2])
        print("  return odd * x + even;\n}")


def root(name, degree):
    """C text of sqrt(2 - a): with y a polynomial near 1 / sqrt(x), x = 2 - a, g = x y and e = 1 - g y, it is
    g / sqrt(1 - e), of which four terms are left; g e comes from x - g^2, so that the rounding of g is mended too."""
    f = lambda a: 1 / mp.sqrt(2 - a)
    c = interpolant(f, mp.mpf(0), mp.mpf(1), degree)
    e = 2 * max(abs(mp.polyval(c[::-1], mp.mpf(i) / 500) / f(mp.mpf(i) / 500) - 1) for i in range(501))
    terms = [mp.nstr(x, 20, strip_zeros=False) for x in c]
    print(f"\n/* sqrt(x), x = 2 - a: degree {degree} and a correction, relative error {mp.nstr(e**4 * 35 / 128, 2)}. */")
    print(f"static inline double {name}(double a, double x)\n{{")
    horner("double", "y", "a", terms)
    print("  const double g = x * y, e = 1 - g * y, rest = x - g * g;")
    print("  return g + rest * y * ((0.3125 * e + 0.375) * e + 0.5);\n}")


print(HEAD.rstrip())
print(f"\n#define NT_ANGLE_CENTER {mp.nstr(CENTER)}")
function("nt_angle_poly_f64", 11, False)
function("nt_angle_poly_f32", 4, True)
root("nt_angle_root_f64", 5)
print("\n#endif")
