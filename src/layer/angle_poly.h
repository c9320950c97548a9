/** Polynomials of the arc-cosine kernels, a = 1 - |cos theta| in [0, 1]:
 *
 *     nt_angle_p   2/pi acos(1 - a) / sqrt(a)
 *     nt_angle_h   2/pi (sqrt(1 - c^2) - c acos c) / a^1.5   with c = 1 - a
 *
 * Written by scripts/relu_coefficients.py. */
#ifndef NT_LAYER_ANGLE_POLY_H
#define NT_LAYER_ANGLE_POLY_H

/* Degree 17, relative error 1.2e-16. */
static inline double nt_angle_p_f64(double a)
{
  double x = 4.8444308929257211802e-6;
  x = x * a - 0.000033263656124214168773;
  x = x * a + 0.00010894481409851960039;
  x = x * a - 0.00021838781248527708693;
  x = x * a + 0.00030039792085487463976;
  x = x * a - 0.00029368819772071115182;
  x = x * a + 0.00021760864629947614380;
  x = x * a - 0.00010909504890554932801;
  x = x * a + 0.000064637116446292092939;
  x = x * a + 0.000026181720799174560933;
  x = x * a + 0.00010146282506670284611;
  x = x * a + 0.00024358619990297513431;
  x = x * a + 0.00062949682742630590169;
  x = x * a + 0.0017095806724128981238;
  x = x * a + 0.0050240867807849534700;
  x = x * a + 0.016880930923342777022;
  x = x * a + 0.075026359679801747658;
  return x * a + 0.90031631615710600329;
}

/* Degree 15, relative error 3.3e-16. */
static inline double nt_angle_h_f64(double a)
{
  double x = 5.6273903343073871592e-7;
  x = x * a - 3.2297510994847969011e-6;
  x = x * a + 9.0376320813814195851e-6;
  x = x * a - 0.000015083081453197836762;
  x = x * a + 0.000017497878192756167610;
  x = x * a - 0.000013139426824480189466;
  x = x * a + 9.5625939996022781297e-6;
  x = x * a + 9.7265424145111640437e-7;
  x = x * a + 0.000012547736409812234583;
  x = x * a + 0.000032336991345181005329;
  x = x * a + 0.000096867414028130380677;
  x = x * a + 0.00031083070638724658273;
  x = x * a + 0.0011164638539839747947;
  x = x * a + 0.0048231231172215373390;
  x = x * a + 0.030010543871963193697;
  return x * a + 0.60021087743807059642;
}

/* Degree 7, relative error 1.8e-8. */
static inline float nt_angle_p_f32(float a)
{
  float x = 0.0007714162232f;
  x = x * a - 0.001267282668f;
  x = x * a + 0.002125302278f;
  x = x * a + 0.0009414714040f;
  x = x * a + 0.005230933395f;
  x = x * a + 0.01685417902f;
  x = x * a + 0.07502765616f;
  return x * a + 0.9003163060f;
}

/* Degree 6, relative error 1.7e-8. */
static inline float nt_angle_h_f32(float a)
{
  float x = 0.0001492691080f;
  x = x * a - 0.0001121726299f;
  x = x * a + 0.0004725386497f;
  x = x * a + 0.001055696832f;
  x = x * a + 0.004833673934f;
  x = x * a + 0.03000987073f;
  return x * a + 0.6002108843f;
}

#define nt_angle_p(a) _Generic((a), float : nt_angle_p_f32, default : nt_angle_p_f64)(a)
#define nt_angle_h(a) _Generic((a), float : nt_angle_h_f32, default : nt_angle_h_f64)(a)

#endif
