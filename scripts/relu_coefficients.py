#!/usr/bin/env python3
"""Print src/layer/angle_poly.h: polynomials of the arc-cosine kernels in a = 1 - |cos theta|.

    P(a) = 2/pi acos(1 - a) / sqrt(a)
    H(a) = 2/pi (sqrt(1 - c^2) - c acos c) / a^1.5,   c = 1 - a

are analytic on [0, 1] (the next singularity is a = 2), so their interpolants in the Chebyshev points
converge like 5.8^-degree; the degrees below bring theta / pi and the kernels to rounding error. Needs mpmath. Usage: scripts/relu_coefficients.py > src/layer/angle_poly.h
"""

import mpmath as mp

mp.mp.dps = 60

HEAD = '''/** Polynomials of the arc-cosine kernels, a = 1 - |cos theta| in [0, 1]:
 *
 *     nt_angle_p   2/pi acos(1 - a) / sqrt(a)
 *     nt_angle_h   2/pi (sqrt(1 - c^2) - c acos c) / a^1.5   with c = 1 - a
 *
 * Written by scripts/relu_coefficients.py. */
#ifndef NT_LAYER_ANGLE_POLY_H
#define NT_LAYER_ANGLE_POLY_H
'''

TAIL = '''
#define nt_angle_p(a) _Generic((a), float: nt_angle_p_f32, default: nt_angle_p_f64)(a)
#define nt_angle_h(a) _Generic((a), float: nt_angle_h_f32, default: nt_angle_h_f64)(a)

#endif'''


def p(a):
    return mp.acos(1 - a) / mp.sqrt(a) * 2 / mp.pi


def h(a):
    c = 1 - a
    return (mp.sqrt(1 - c * c) - c * mp.acos(c)) / a**1.5 * 2 / mp.pi


def interpolant(f, degree):
    """Monomial coefficients, lowest first, through the Chebyshev points of [0, 1]."""
    n = degree + 1
    nodes = [(1 + mp.cos(mp.pi * (2 * k + 1) / (2 * n))) / 2 for k in range(n)]
    rows = mp.matrix(n, n)
    for i, x in enumerate(nodes):
        for j in range(n):
            rows[i, j] = x**j
    return list(mp.lu_solve(rows, mp.matrix([f(x) for x in nodes])))


def error(f, c):
    points = [mp.mpf(i) / 500 + mp.mpf(10) ** -12 for i in range(500)]
    return max(abs(mp.polyval(c[::-1], x) / f(x) - 1) for x in points)


def function(name, f, degree, single):
    """C text of the polynomial, by Horner's rule: the fewest operations, and independent lanes hide
    its latency."""
    c = interpolant(f, degree)
    real, suffix, digits = ("float", "f", 10) if single else ("double", "", 20)
    terms = [mp.nstr(x, digits, strip_zeros=False) + suffix for x in reversed(c)]
    print(f"\n/* Degree {degree}, relative error {mp.nstr(error(f, c), 2)}. */")
    print(f"static inline {real} {name}({real} a)\n{{")
    print(f"  {real} x = {terms[0]};")
    for term in terms[1:-1]:
        print(f"  x = x * a + {term};".replace("+ -", "- "))
    print(f"  return x * a + {terms[-1]};\n}}")


print(HEAD.rstrip())
function("nt_angle_p_f64", p, 17, False)
function("nt_angle_h_f64", h, 15, False)
function("nt_angle_p_f32", p, 7, True)
function("nt_angle_h_f32", h, 6, True)
print(TAIL)
