#!/usr/bin/env python3
"""Print src/layer/angle_poly.h: the polynomials of the arc-cosine kernels, a = 1 - |cos theta|.

    P(a) = 2/pi acos(1 - a) / sqrt(a) = 2/pi sqrt(2 - a) + a Q
    H(a) = 2/pi (sqrt(a (2 - a)) - (1 - a) acos(1 - a)) / sqrt(a) / a = P - Q

are analytic on [0, 1] (the next singularity is a = 2), so that their interpolants in the Chebyshev points
converge like 6^-degree: for float. In r = sqrt(2 - a) = sqrt(2) cos(theta / 2), which lies in [1, sqrt(2)], the
next singularity of Q is r = -sqrt(2), and those of Q converge like 25^-degree: in double this is worth a second
root. The degrees below bring theta / pi and the kernels to rounding error. Needs mpmath.
Usage: scripts/relu_coefficients.py > src/layer/angle_poly.h
"""

import contextlib
import io

import mpmath as mp

mp.mp.dps = 60

HEAD = '''/** Of the arc-cosine kernels, a = s^2 = 1 - |cos theta| in [0, 1], r = sqrt(2 - a) and the angle
 * t = acos(1 - a):
 *
 *     P = 2/pi t / s = 2/pi r + a Q(r - 1.25),   far = 1 - s P = 1 - 2/pi t
 *     H = 2/pi (sin t - t cos t) / s^3 = P - Q,   gap = 1 - s H
 *
 * as functions `name` of numbers or vectors of them, `real`. Written by scripts/relu_coefficients.py. */
#ifndef NT_LAYER_ANGLE_POLY_H
#define NT_LAYER_ANGLE_POLY_H
'''

CENTER = mp.mpf("1.25")  # of [1, sqrt(2)], with few digits: r - CENTER is exact


def p(a):
    return mp.acos(1 - a) / mp.sqrt(a) * 2 / mp.pi


def h(a):
    return 2 / mp.pi * (mp.sqrt(a * (2 - a)) - (1 - a) * mp.acos(1 - a)) / mp.sqrt(a) / a


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


POINTS = [(mp.mpf(i) + 0.5) / 500 for i in range(500)]


def largest(f, approximation):
    """Largest relative error, as text."""
    return mp.nstr(max(abs(approximation(a) / f(a) - 1) for a in POINTS), 2)


def horner(real, name, power, terms):
    """C lines of a polynomial in `power`, lowest term first, by Horner's rule: the fewest operations."""
    print(f"  {real} {name} = {terms[-1]} * {power} + {terms[-2]};".replace("+ -", "- "))
    for term in reversed(terms[:-2]):
        print(f"  {name} = {name} * {power} + {term};".replace("+ -", "- "))


@contextlib.contextmanager
def macro(name):
    """What is printed becomes the body of a macro."""
    lines = io.StringIO()
    with contextlib.redirect_stdout(lines):
        yield
    print(f"#define {name}(INLINE, name, real) \\")
    print(" \\\n".join("  " + line for line in lines.getvalue().splitlines()))


def text(c, digits, suffix=""):
    return [mp.nstr(x, digits, strip_zeros=False) + suffix for x in c]


def arc_double(degree):
    """C text of P and H in double, and by the same coefficients in long double: Q by its even and odd parts side by
    side, one operation more, and half the latency."""
    c = interpolant(q, 1 - CENTER, mp.sqrt(2) - CENTER, degree)

    def approximation(a):
        r = mp.sqrt(2 - a)
        return 2 / mp.pi * r + a * mp.polyval(c[::-1], r - CENTER)

    print(f"\n/* Q of degree {degree}, relative error of P {largest(p, approximation)}; in long double too, where errors"
          " that are the same for\n * samples that are nearly alike cancel. */")
    with macro("NT_ANGLE_ARC"):
        print("INLINE void name(real a, real s, real r, real *P, real *far, real *gap)\n{")
        print(f"  const real x = r - {mp.nstr(CENTER)}, square = x * x;")
        horner("real", "even", "square", text(c, 20)[0::2])
        horner("real", "odd", "square", text(c, 20)[1::2])
        print("  const real Q = odd * x + even;")
        print(f"  *P = a * Q + {mp.nstr(2 / mp.pi, 20)} * r;")
        print("  *far = 1 - s * *P;\n  *gap = s * Q + *far;\n}")


def arc_float(degree_p, degree_h):
    """C text of P and H in float: polynomials in a."""
    c_p = interpolant(p, mp.mpf(0), mp.mpf(1), degree_p)
    c_h = interpolant(h, mp.mpf(0), mp.mpf(1), degree_h)
    error_p = largest(p, lambda a: mp.polyval(c_p[::-1], a))
    error_h = largest(h, lambda a: mp.polyval(c_h[::-1], a))
    print(f"\n/* P and H of degrees {degree_p} and {degree_h}, relative errors {error_p} and {error_h}. */")
    with macro("NT_ANGLE_ARC_F32"):
        print("INLINE void name(real a, real s, real r, real *P, real *far, real *gap)\n{\n  (void)r;")
        horner("real", "p", "a", text(c_p, 10, "f"))
        horner("real", "h", "a", text(c_h, 10, "f"))
        print("  *P = p;\n  *far = 1 - s * p;\n  *gap = 1 - s * h;\n}")


def root(degree):
    """C text of sqrt(2 - a): with y a polynomial near 1 / sqrt(x), x = 2 - a, g = x y and e = 1 - g y, it is
    g / sqrt(1 - e), of which four terms are left; g e comes from x - g^2, so that the rounding of g is mended too."""
    f = lambda a: 1 / mp.sqrt(2 - a)
    c = interpolant(f, mp.mpf(0), mp.mpf(1), degree)
    e = 2 * max(abs(mp.polyval(c[::-1], mp.mpf(i) / 500) / f(mp.mpf(i) / 500) - 1) for i in range(501))
    terms = [mp.nstr(x, 20, strip_zeros=False) for x in c]
    print(f"\n/* sqrt(x), x = 2 - a: degree {degree} and a correction, relative error {mp.nstr(e**4 * 35 / 128, 2)}. */")
    with macro("NT_ANGLE_REST_ROOT"):
        print("INLINE real name(real a, real x)\n{")
        horner("real", "y", "a", terms)
        print("  const real g = x * y, e = 1 - g * y, rest = x - g * g;")
        print("  return g + rest * y * ((0.3125 * e + 0.375) * e + 0.5);\n}")


print(HEAD.rstrip())
arc_double(11)
arc_float(6, 5)
root(5)
print("\n#endif")
