/** Polynomials of the arc-cosine kernels, a = 1 - |cos theta| in [0, 1]:
 *
 *     nt_angle_p   2/pi acos(1 - a) / sqrt(a)
 *     nt_angle_h   2/pi (sqrt(1 - c^2) - c acos c) / a^1.5   with c = 1 - a
 *
 * Written by scripts/relu_coefficients.py. */
#ifndef NT_LAYER_ANGLE_POLY_H
#define NT_LAYER_ANGLE_POLY_H

/* Degree 16, relative error 7.9e-16. */
static inline double nt_angle_p_f64(double a)
{
  double x = 7.7231183731316040122e-6;
  x = x * a - 0.000049099079581636031165;
  x = x * a + 0.00014930536888183170778;
  x = x * a - 0.00027551209086289265504;
  x = x * a + 0.00034792239424804986754;
  x = x * a - 0.00030611252795696198893;
  x = x * a + 0.00020880342348956038371;
  x = x * a - 0.000079509898860191251895;
  x = x * a + 0.000074812002243023144127;
  x = x * a + 0.000089406717700663060754;
  x = x * a + 0.00024573484604493928540;
  x = x * a + 0.00062923087026654851080;
  x = x * a + 0.0017096023591934370131;
  x = x * a + 0.0050240857090078968709;
  x = x * a + 0.016880930951189590618;
  x = x * a + 0.075026359679515724227;
  return x * a + 0.90031631615710649051;
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
