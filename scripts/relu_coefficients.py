#!/usr/bin/env python3
"""Print src/layer/angle_poly.h: polynomials of the arc-cosine kernels, a = 1 - |cos theta|.

    P(a) = 2/pi acos(1 - a) / sqrt(a)
    H(a) = 2/pi (sqrt(1 - c^2) - c acos c) / a^1.5,   c = 1 - a

are analytic on [0, 1] (the next singularity is a = 2), so their interpolants in the Chebyshev points
converge like 5.8^-degree. In r = sqrt(2 - a) = sqrt(2) cos(theta / 2), which lies in [1, sqrt(2)], the
next singularity of P is r = -sqrt(2), and they converge like 25^-degree. The degrees below bring
theta / pi and the kernels to rounding error. Needs mpmath.
Usage: scripts/relu_coefficients.py > src/layer/angle_poly.h
"""

import mpmath as mp

mp.mp.dps = 60

HEAD = '''/** Polynomials of the arc-cosine kernels, a = 1 - |cos theta| in [0, 1]:
 *
 *     nt_angle_poly_r_f64, nt_angle_poly_p_f32   2/pi acos(1 - a) / sqrt(a)
 *     nt_angle_poly_h_f32                        2/pi (sqrt(1 - c^2) - c acos c) / a^1.5, c = 1 - a
 *
 * the first of v = sqrt(2 - a) - NT_ANGLE_CENTER, the others of a.
 *
 * Written by scripts/relu_coefficients.py. */
#ifndef NT_LAYER_ANGLE_POLY_H
#define NT_LAYER_ANGLE_POLY_H
'''

CENTER = mp.mpf("1.25")  # of [1, sqrt(2)], with few digits: r - CENTER is exact


def p(a):
    return mp.acos(1 - a) / mp.sqrt(a) * 2 / mp.pi


def h(a):
    c = 1 - a
    return (mp.sqrt(1 - c * c) - c * mp.acos(c)) / a**1.5 * 2 / mp.pi


def of_r(v):
    return p(2 - (v + CENTER) ** 2)


def interpolant(f, low, high, degree):
    """Monomial coefficients, lowest first, through the Chebyshev points of [low, high]."""
    n = degree + 1
    nodes = [mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    nodes = [(low + high + x * (high - low)) / 2 for x in nodes]
    rows = mp.matrix(n, n)
    for i, x in enumerate(nodes):
        for j in range(n):
            rows[i, j] = x**j
    return list(mp.lu_solve(rows, mp.matrix([f(x) for x in nodes])))


def error(f, low, high, c):
    points = [low + (high - low) * (mp.mpf(i) / 500 + mp.mpf(10) ** -12) for i in range(500)]
    return max(abs(mp.polyval(c[::-1], x) / f(x) - 1) for x in points)


def horner(real, name, power, terms):
    """C lines of a polynomial in `power`, lowest term first, by Horner's rule: the fewest operations."""
    print(f"  {real} {name} = {terms[-1]};")
    for term in reversed(terms[:-1]):
        print(f"  {name} = {name} * {power} + {term};".replace("+ -", "- "))


def function(name, f, low, high, degree, single):
    """C text of the polynomial in x. In double its even and odd parts side by side: that is one operation
    more, and half the latency, which counts behind two roots."""
    c = interpolant(f, low, high, degree)
    real, suffix, digits = ("float", "f", 10) if single else ("double", "", 20)
    terms = [mp.nstr(x, digits, strip_zeros=False) + suffix for x in c]
    print(f"\n/* Degree {degree}, relative error {mp.nstr(error(f, low, high, c), 2)}. */")
    print(f"static inline {real} {name}({real} x)\n{{")
    if single:
        horner(real, "sum", "x", terms)
        print("  return sum;\n}")
    else:
        print(f"  const {real} square = x * x;")
        horner(real, "even", "square", terms[0::2])
        horner(real, "odd", "square", terms[1::2])
        print("  return odd * x + even;\n}")


print(HEAD.rstrip())
print(f"\n#define NT_ANGLE_CENTER {mp.nstr(CENTER)}")
function("nt_angle_poly_r_f64", of_r, 1 - CENTER, mp.sqrt(2) - CENTER, 11, False)
function("nt_angle_poly_p_f32", p, mp.mpf(0), mp.mpf(1), 7, True)
function("nt_angle_poly_h_f32", h, mp.mpf(0), mp.mpf(1), 6, True)
print("\n#endif")
