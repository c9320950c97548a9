/* The networks of the reference's own tests (tests/stax of neural_tangents 0.6.6), by the names
 * that they have there, in small sizes. Of what stands in braces, {a|b|c}, one is drawn, the same
 * one wherever the same braces stand, as upstream draws a few cases of every grid. A network is
 * held to the naive kernel, or to another network that has the same kernel. Tests that are not
 * about networks alone: test_composition: kernel.apply; ParallelInOutTest, and trees of kernels:
 * the cases tree-... of kernel.golden; AggregateTest: aggregate-...; more on the axis of the
 * samples: samples-..., on orders of axes: conv-..., and kernel.relations;
 * requirements_test.DiagonalTest: kernel.features; DiagonalClassTest: plan.layout; InputReqTest,
 * and the errors of all others: cli.error_table. AutodiffTest is about derivatives in the inputs,
 * which we have not. */
#ifndef NT_TESTS_UPSTREAM_H
#define NT_TESTS_UPSTREAM_H

#include "nt/typing.h"

#include <stdbool.h>

#define WB ", W_std=2**.5, b_std=.5**.5"
#define PADDING "'{SAME|VALID|CIRCULAR}'"
#define KEEP "'{SAME|CIRCULAR}'"
#define READOUT                                                                                    \
  "{Flatten()|GlobalAvgPool()|serial(GlobalSelfAttention(1, 4, 2, 2, W_out_std=2**.5, "            \
  "b_std=.5**.5), GlobalAvgPool())}"
#define INDEX "{:, 1:|:, ::-1|..., 1:3, 0, :|:, 2|:, -1, ::2|:, 3:0:-2, 1:|...|:, :, ::-2, :}"
#define DENSE "Dense(1, 1.5, .1)"

typedef struct upstream {
  const char *name;
  nt_shape shape; /* [samples][positions ...][channels] */
  const char *network;
  const char *equals; /* NULL: the naive kernel. */
  bool masks;
  double tolerance; /* 0: 1e-12 */
} upstream;

static const upstream tests_of_reference[] = {
    {.name = "StaxTest.test_exact",
     .shape = {2, {3, 8}},
     .network =
         "serial(Dense(1" WB "), Relu(), {Dense(1" WB ")|Dense(1" WB "), Relu(), Dense(1" WB ")})"},
    {.name = "StaxTest.test_exact",
     .shape = {4, {3, 4, 5, 2}},
     .network = "serial(Conv(1, {(2, 1)|(3, 2)}, {(1, 2)|(2, 1)|None}, " PADDING WB "), "
                "Relu(), {AvgPool((2, 3), None, " KEEP
                ")|Identity()}, Conv(1, {(2, 1)|(3, 2)}, None, " KEEP WB "), Relu(), " READOUT
                ", Dense(1))"},
    {.name = "StaxTest.test_exact, residual",
     .shape = {4, {3, 4, 4, 2}},
     .network = "serial(Conv(1, {(2, 1)|(3, 2)}, None, " KEEP WB "), FanOut(2), parallel("
                "serial(Relu(), Conv(1, {(2, 1)|(3, 2)}, None, " KEEP WB
                ")), Identity()), FanInSum(), Relu(), " READOUT ", Dense(1))"},
    {.name = "StaxTest.test_exact, orders of axes",
     .shape = {4, {3, 4, 5, 2}},
     .network =
         "serial({Conv(1, (2, 3), (1, 2), 'SAME', 1.2, .1, ('NHWC', 'HWIO', 'NCHW')), "
         "LayerNorm((1, 3), 1e-12, 0, 1), Relu(), AvgPool((2, 1), None, 'SAME', True, 0, 1), "
         "Dense(1, 1.1, .2, 0, 1), Relu(), GlobalAvgPool(0, 1)|"
         "Conv(1, (3, 2), (2, 1), 'SAME', 1.2, .1, ('NHWC', 'OWIH', 'CWNH')), "
         "LayerNorm((0, 1), 1e-12, 2, 0), Relu(), AvgPool((1, 2), None, 'SAME', True, 2, 0), "
         "Dense(1, 1.1, .2, 2, 0), Relu(), GlobalAvgPool(2, 0)|"
         "Conv(1, (2, 3), (1, 2), 'SAME', 1.2, .1, ('NHWC', 'HIWO', 'HNCW')), "
         "LayerNorm((-2, -1), 1e-12, 1, -2), Relu(), AvgPool((2, 1), None, 'SAME', True, 1, 2), "
         "Dense(1, 1.1, .2, 1, 2), Relu(), GlobalAvgPool(1, 2)})",
     .equals = "serial(Conv(1, (2, 3), (1, 2), 'SAME', 1.2, .1), LayerNorm((2, 3)), Relu(), "
               "AvgPool((2, 1), None, 'SAME', True), Dense(1, 1.1, .2), Relu(), GlobalAvgPool())"},
    {.name = "StaxTest.test_layernorm",
     .shape = {4, {3, 4, 3, 2}},
     .network = "serial(Conv(1, (2, 2), None, " KEEP WB "), "
                "LayerNorm({-1|(1, 3)|(1, 2, 3)}), Relu(), Conv(1, (2, 1), None, " KEEP WB
                "), Relu(), GlobalAvgPool(), Dense(1))"},
    {.name = "StaxTest.test_pool",
     .shape = {4, {3, 4, 4, 2}},
     .network = "serial(Conv(1, (2, 3), None, " KEEP WB "), Relu(), "
                "{AvgPool((2, 1), {(1, 1)|(2, 1)}, " PADDING
                ", {True|False})|SumPool((2, 3), {(1, 1)|(2, 1)}, " PADDING ")}, "
                "Conv(1, (2, 3), None, " KEEP WB
                "), Relu(), {GlobalAvgPool()|GlobalSumPool()}, Dense(1))"},
    {.name = "StaxTest.test_dropout",
     .shape = {4, {3, 4, 3, 2}},
     .network = "serial(Conv(1, (2, 2), None, " KEEP WB "), Relu(), Dropout({.5|.7|.9}), "
                "Conv(1, (2, 1), None, " KEEP WB
                "), Relu(), Dropout({.6|.8}), {Flatten()|GlobalAvgPool()}, Dense(1))"},
    {.name = "StaxTest.test_sparse_inputs",
     .shape = {2, {4, 3}},
     .network = "serial(Dense(1), {Erf()|Relu(do_stabilize=True)|LeakyRelu(.3, "
                "do_stabilize=True)}, Dense(1, "
                "1.2))",
     .masks = true},
    {.name = "ParameterizationTest.test_linear",
     .shape = {2, {3, 4}},
     .network =
         "serial(Dense(2, {.5|1|2}, {None|0|2}, parameterization='standard', s=(1, {128|512})), "
         "Dense(3, {.5|1|2}, {None|0|2}, parameterization='{ntk|standard}', s=({128|512}, 1)))"},
    {.name = "ParameterizationTest.test_nonlinear",
     .shape = {4, {3, 4, 3, 2}},
     .network =
         "serial(Conv(1, (3, 3), None, " KEEP
         ", {1|2}, {None|0|.7}, parameterization='{ntk|standard}', s=(1, {64|1024})), Relu(), "
         "{ConvTranspose|ConvLocal|Conv}(2, (2, 1), None, 'SAME', {1|2}, {None|0|.7}, "
         "parameterization='{ntk|standard}', s=({64|1024}, 2)), Relu(), Flatten(), "
         "Dense(1, {1|2}, {None|0|.7}, parameterization='{ntk|standard}', s=(2, 1)))"},
    {.name = "FanInTest.test_fan_in_fc",
     .shape = {2, {4, 3}},
     .network =
         "serial({Identity()|" DENSE
         "}, FanOut(3), parallel(serial(Dense(4, 1.1, .1), Relu(), Dense(8)), "
         "serial(Dense(6, 1.3, .2), Erf(), Dense({8|10})), serial(Dense(8), Abs(), Dense(8, .9))), "
         "FanInConcat(1), Dense(1), Relu())"},
    {.name = "FanInTest.test_fan_in_fc",
     .shape = {2, {4, 3}},
     .network = "serial(" DENSE ", FanOut(3), parallel(serial(Relu(), Dense(8)), "
                "serial(Erf(), Dense(8, 1.1)), serial(Abs(), Dense(8, .9))), "
                "{FanInSum()|serial(FanInProd(), "
                "Dense(1))}, Relu(), Dense(1))"},
    {.name = "FanInTest.test_fan_in_conv",
     .shape = {4, {3, 3, 3, 2}},
     .network =
         "serial(Conv(1, (2, 2), None, 'SAME', 1.2, .1), FanOut(2), parallel("
         "serial(Relu(), Conv(4, (3, 3), None, 'SAME')), serial(Conv(3, (1, 2), None, 'CIRCULAR'), "
         "Erf(), Conv(4, (2, 2), None, 'SAME', .8))), "
         "{FanInSum()|serial(FanInProd(), Dense(1))|serial(FanInConcat(3), "
         "Dense(1))|FanInConcat(1)|FanInConcat(2)}, Relu(), {GlobalAvgPool()|Flatten()}, "
         "Dense(1))"},
    {.name = "FanInTest.test_fan_in_conv, along samples",
     .shape = {4, {3, 3, 3, 2}},
     .network =
         "serial(Conv(1, (2, 2), None, 'SAME', 1.2, .1), FanOut(2), parallel("
         "serial(Relu(), Conv(4, (3, 3), None, 'SAME')), serial(Gelu(), Conv(4, (2, 2), None, "
         "'SAME'))), FanInConcat(0), Index(Slice[:3]), Relu(), "
         "{GlobalAvgPool()|Flatten()}, Dense(1))",
     .equals = "serial(Conv(1, (2, 2), None, 'SAME', 1.2, .1), Relu(), Conv(4, (3, 3), None, "
               "'SAME'), Relu(), "
               "{GlobalAvgPool()|Flatten()}, Dense(1))",
     .masks = true},
    {.name = "FanInTest.test_fan_in_conv, along samples",
     .shape = {4, {3, 3, 3, 2}},
     .network =
         "serial(Conv(1, (2, 2), None, 'SAME', 1.2, .1), FanOut(2), parallel("
         "serial(Relu(), Conv(4, (3, 3), None, 'SAME')), serial(Gelu(), Conv(4, (2, 2), None, "
         "'SAME'))), FanInConcat(0), Index(Slice[:2:-1]), Relu(), "
         "{GlobalAvgPool()|Flatten()}, Dense(1))",
     .equals = "serial(Conv(1, (2, 2), None, 'SAME', 1.2, .1), Gelu(), Conv(4, (2, 2), None, "
               "'SAME'), Index(Slice[::-1]), Relu(), "
               "{GlobalAvgPool()|Flatten()}, Dense(1))",
     .masks = true},
    {.name = "RepeatTest",
     .shape = {2, {4, 3}},
     .network = "serial(Dense(3), repeat({Dense(3)|Identity()|serial(Relu(), Dense(3, 1.2, .1))}, "
                "3), Relu())",
     .equals = "serial(Dense(3), {Dense(3)|Identity()|serial(Relu(), Dense(3, 1.2, .1))}, "
               "{Dense(3)|Identity()|serial(Relu(), Dense(3, 1.2, .1))}, "
               "{Dense(3)|Identity()|serial(Relu(), "
               "Dense(3, 1.2, .1))}, Relu())"},
    {.name = "RepeatTest",
     .shape = {4, {3, 4, 4, 3}},
     .network = "serial(repeat(serial(Conv(3, (2, 3), None, 'SAME'), Relu(), Conv(3, (3, 2), None, "
                "'SAME'), "
                "Gelu()), 2), GlobalAvgPool())",
     .equals =
         "serial(Conv(3, (2, 3), None, 'SAME'), Relu(), Conv(3, (3, 2), None, 'SAME'), Gelu(), "
         "Conv(3, "
         "(2, 3), None, 'SAME'), Relu(), Conv(3, (3, 2), None, 'SAME'), Gelu(), GlobalAvgPool())"},
    {.name = "ActivationTest.test_activation",
     .shape = {2, {4, 3}},
     .network = "serial(Dense(1, {2|.9}, .5), "
                "{Sin|Cos|Erf}({2|.3}, {1.5|.3}, {0|-pi/4|pi/2}), Dense(1, {2|.9}, .5), "
                "{Sin|Cos|Erf}({2|.3}, "
                "{1.5|.3}, {0|-pi/4|pi/2}), Dense(1))"},
    {.name = "ActivationTest.test_activation",
     .shape = {4, {3, 3, 3, 2}},
     .network = "serial(Conv(1, (2, 2), None, 'SAME', 1.4, .5), "
                "{Gelu()|Gelu(True)|Sign()|Sigmoid_like()|Gabor()}, {GlobalAvgPool()|Flatten()}, "
                "Dense(1))"},
    {.name = "ActivationTest.test_monomial",
     .shape = {2, {4, 3}},
     .network = "serial(" DENSE ", {Monomial|RectifiedMonomial}({0|1|2|3|4|5}), Dense(1))"},
    {.name = "ActivationTest.test_polynomial",
     .shape = {2, {4, 3}},
     .network = "serial(" DENSE
                ", Polynomial({[]|[0]|[-2]|[0, 0]|[0, 1]|[1, 0]|[1, -1]|[-.5, 1.2]|[1.3, 0, "
                "-1.2, -.5]|[-.1, 2.1, 0, 0, -1.2, -.5, 0, 0]}), Dense(1, 1., .1))"},
    {.name = "ActivationTest.test_rbf",
     .shape = {2, {4, 3}},
     .network = "serial(Dense(1), Rbf({1e-6|1e-3|.1|2}))",
     .equals = "serial(Dense(1), Elementwise(nngp_fn=lambda c, v, w: exp(-{1e-6|1e-3|.1|2} * (v + "
               "w - 2 * "
               "c))))"},
    {.name = "ActivationTest.test_exponential",
     .shape = {2, {4, 3}},
     .network = "serial(" DENSE ", {Exp|Gaussian}({-.5|.25}, {-.5|-.1|.1}), Dense(1, .6), "
                "{Exp|Gaussian}({-.5|.25}, {-.5|-.1|.1}), Dense(1))"},
    {.name = "ActivationTest.test_exp_normalized",
     .shape = {2, {4, 3}},
     .network = "serial(" DENSE ", ExpNormalized({.5|1.5}, {-1|.3}), Dense(1))"},
    {.name = "ActivationTest.test_exp_normalized",
     .shape = {2, {4, 3}},
     .network = "serial(" DENSE ", ExpNormalized({.5|1.5}, {-1|.3}))",
     .equals =
         "serial(" DENSE ", Elementwise(nngp_fn=lambda c, v, w: sqrt(v * w) * exp({.5|1.5} * (c / "
         "sqrt(v * w) + {-1|.3}))))"},
    {.name = "ActivationTest.test_hermite",
     .shape = {4, {3, 3, 3, 2}},
     .network =
         "serial(Conv(1, (2, 2), None, 'SAME'), LayerNorm((1, 2, -1)), Hermite({1|2|3|4|5|6}), "
         "{GlobalAvgPool()|Flatten()}, Dense(1))"},
    {.name = "ElementwiseTest",
     .shape = {4, {3, 3, 2, 2}},
     .network =
         "serial({Conv(1, (2, 2), None, 'SAME', 1.2, .1)|ConvLocal(1, (2, 2), None, 'SAME')}, "
         "Elementwise(nngp_fn=lambda c, v, w: 2 / pi * arcsin(2 * c / sqrt((1 + 2 * v) * (1 + 2 * "
         "w)))), {Flatten()|GlobalAvgPool()|Dense(1)})",
     .equals = "serial({Conv(1, (2, 2), None, 'SAME', 1.2, .1)|ConvLocal(1, (2, 2), None, "
               "'SAME')}, Erf(), "
               "{Flatten()|GlobalAvgPool()|Dense(1)})"},
    {.name = "ElementwiseTest",
     .shape = {4, {3, 3, 2, 2}},
     .network = "serial({Conv(1, (2, 2), None, 'SAME', 1.2, .1)|" DENSE "}, "
                "Elementwise(nngp_fn=lambda c, v, w: exp(-(v + w) / 2) * sinh(c)), "
                "{Flatten()|GlobalAvgPool()|Dense(1)})",
     .equals = "serial({Conv(1, (2, 2), None, 'SAME', 1.2, .1)|" DENSE
               "}, Sin(), {Flatten()|GlobalAvgPool()|Dense(1)})"},
    {.name = "ElementwiseNumericalTest",
     .shape = {4, {3, 3, 2, 2}},
     .network =
         "serial({Conv(1, (2, 2), None, 'SAME', 1., .01)|Dense(1, 1., .01)}, "
         "{ElementwiseNumerical('erf(x)', 25)|Elementwise('erf(x)')}, {Flatten()|GlobalAvgPool()}, "
         "Dense(1))",
     .equals = "serial({Conv(1, (2, 2), None, 'SAME', 1., .01)|Dense(1, 1., .01)}, Erf(), "
               "{Flatten()|GlobalAvgPool()}, Dense(1))",
     .tolerance = 2e-3},
    {.name = "ABReluTest",
     .shape = {2, {4, 3}},
     .network = "serial(" DENSE ", ABRelu({0, 1|0, -1|-1, 0|1, 0}, do_stabilize={True|False}))",
     .equals = "serial(" DENSE ", Relu())"},
    {.name = "ABReluTest",
     .shape = {2, {4, 3}},
     .network = "serial(" DENSE ", {Abs(do_stabilize={True|False})|LeakyRelu(-1)|ABRelu(1, -1)})",
     .equals = "serial(" DENSE ", ABRelu(-1, 1))"},
    {.name = "FlattenTest",
     .shape = {4, {3, 3, 2, 2}},
     .network = "serial(Flatten(), " DENSE ", Erf(), Dense(1))"},
    {.name = "FlattenTest",
     .shape = {4, {3, 3, 2, 2}},
     .network = "serial(" DENSE ", Erf(), {Flatten(), Dense(1)|Dense(1), Flatten()})"},
    {.name = "ConvNDTest",
     .shape = {2, {3, 4}},
     .network = "serial(Conv(1, ()" WB "), Relu(), Conv(1, ()" WB "))"},
    {.name = "ConvNDTest",
     .shape = {3, {3, 5, 2}},
     .network =
         "serial(Conv(1, (3,), {(1,)|(2,)}, " PADDING WB
         "), {LayerNorm()|Identity()}, Relu(), {Dropout(.8)|Identity()}, Conv(1, (2,), None, "
         "'CIRCULAR'" WB "), " READOUT ")"},
    {.name = "ConvNDTest",
     .shape = {5, {3, 2, 3, 3, 2}},
     .network = "serial(Conv(1, (1, 2, 3), {(1, 1, 2)|(2, 1, 1)|None}, 'SAME'" WB
                "), {LayerNorm()|Identity()}, Relu(), Conv(1, (2, 1, 2), None, 'CIRCULAR'" WB
                "), " READOUT ")"},
    {.name = "ConvNDTest",
     .shape = {7, {3, 2, 1, 2, 2, 2, 2}},
     .network = "serial(Conv(1, (1, 1, 2, 1, 2), None, 'SAME'" WB
                "), Relu(), Conv(1, (2, 1, 1, 2, 2), None, 'CIRCULAR'" WB
                "), Relu(), {Flatten()|GlobalAvgPool()}, Dense(1))"},
    {.name = "AttentionTest",
     .shape = {4, {3, 3, 3, 2}},
     .network = "serial(Conv(2, (2, 2), None, " KEEP WB
                "), Relu(), GlobalSelfAttention(1, 3, 4, 2, True, .9, .8, .7, 1.2, .5, "
                "'{SOFTMAX|IDENTITY|ABS|RELU}', '{NONE|SUM|CONCAT}', n_chan_pos_emb=None, "
                "W_pos_emb_std=1.3, "
                "val_pos_emb={True|False}), Relu(), Dense(1), {GlobalAvgPool()|Flatten()})",
     .masks = true},
    {.name = "AttentionTest",
     .shape = {4, {3, 3, 3, 2}},
     .network = "serial(Conv(2, (2, 2), None, " KEEP WB
                "), GlobalSelfAttention(1, 3, 4, 2, False, .9, .8, .7, 1.2, .5, "
                "'IDENTITY', '{NONE|CONCAT}', n_chan_pos_emb={None|5}, W_pos_emb_std=.8, "
                "val_pos_emb={True|False}), GlobalAvgPool())"},
    {.name = "ConvTransposeTest",
     .shape = {3, {3, 3, 2}},
     .network = "serial(ConvTranspose(1, ({2|3|4},), ({2|3|4},), '{SAME|VALID}'" WB
                "), Relu(), {Flatten()|GlobalAvgPool()|Identity()})"},
    {.name = "ConvTransposeTest",
     .shape = {3, {3, 5, 2}},
     .network =
         "serial(ConvTranspose(1, ({2|3|4|6},), None, 'CIRCULAR'" WB "), Relu(), GlobalAvgPool())",
     .equals = "serial(Conv(1, ({2|3|4|6},), None, 'CIRCULAR'" WB "), Relu(), GlobalAvgPool())"},
    {.name = "DotGeneralTest",
     .shape = {4, {3, 4, 3, 2}},
     .network =
         "serial(Conv(1, (2, 2), None, 'SAME'), Relu(), "
         "{DotGeneral(rhs=np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]]), dimension_numbers=(((2,), "
         "(0,)), ((), ()))), Dense(1, 1.1, .2, 0, 2), Relu(), SumPool((2, 2), None, 'SAME', 0, 2), "
         "GlobalAvgPool(0, 2)|"
         "DotGeneral(lhs=np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]]), dimension_numbers=(((0,), "
         "(2,)), ((), ()))), Dense(1, 1.1, .2, 1, 3), Relu(), SumPool((2, 2), None, 'SAME', 1, 3), "
         "GlobalAvgPool(1, 3)|"
         "DotGeneral(rhs=np.array([1, 1, 1]), dimension_numbers=(((), ()), ((2,), (0,)))), "
         "Index(Slice[::-1], 1, 3), Dense(1, 1.1, .2, 1, 3), Relu(), "
         "SumPool((2, 2), None, 'SAME', 1, 3), GlobalAvgPool(1, 3)})",
     .equals = "serial(Conv(1, (2, 2), None, 'SAME'), Relu(), Index(Slice[:, :, ::-1]), "
               "Dense(1, 1.1, .2), Relu(), SumPool((2, 2), None, 'SAME'), GlobalAvgPool())"},
    {.name = "DotGeneralTest",
     .shape = {4, {3, 4, 3, 2}},
     .network = "serial(Conv(1, (2, 2), None, 'SAME'), Relu(), DotGeneral({"
                "lhs=np.array([.25, .25, .25, .25]), dimension_numbers=(((0,), (1,)), ((), ()))|"
                "rhs=np.array([.25, .25, .25, .25]), dimension_numbers=(((1,), (0,)), ((), ()))}), "
                "Dense(1))",
     .equals = "serial(Conv(1, (2, 2), None, 'SAME'), Relu(), AvgPool((4, 1)), Index(Slice[:, 0]), "
               "Dense(1))"},
    {.name = "ImageResizeTest",
     .shape = {4, {3, 3, 3, 2}},
     .network =
         "serial(Conv(1, (2, 2), None, 'SAME'" WB
         "), Relu(), ImageResize((-1, {-1|2|4}, {-1|1|5}, -1), '{linear|nearest}', {True|False}), "
         "{Dense(1), GlobalAvgPool()|Flatten()|Conv(1, (2, 1), None, 'SAME'), Relu()})",
     .masks = true},
    {.name = "ImageResizeTest, along samples",
     .shape = {4, {3, 3, 3, 2}},
     .network = "serial(Conv(1, (2, 2), None, 'SAME'" WB
                "), Relu(), {ImageResize((6, -1, -1, -1), 'nearest'), Dense(1), Relu(), "
                "Index(Slice[::2])|ImageResize((9, -1, 6, -1), 'nearest', False), Dense(1), "
                "Relu(), Index(Slice[1::3, :, 1::2])|Index(Slice[::-1]), ImageResize((12, 6, -1, "
                "-1), 'nearest'), Dense(1), Relu(), Index(Slice[::-4, ::2])}, "
                "{GlobalAvgPool()|Flatten()})",
     .equals = "serial(Conv(1, (2, 2), None, 'SAME'" WB
               "), Relu(), Dense(1), Relu(), {GlobalAvgPool()|Flatten()})",
     .masks = true},
    {.name = "ConvLocalTest",
     .shape = {4, {3, 4, 4, 2}},
     .network = "serial({Conv|ConvLocal}(1, (3, 2), {None|(2, 1)}, " PADDING WB
                "), Relu(), ConvLocal(1, (2, 2), None, " KEEP WB "), "
                "{AvgPool((1, 2))|Identity()|Relu()}, {SumPool((1, 2), None, 'SAME')|Identity()}, "
                "{Flatten()|GlobalAvgPool()|Conv(1, (1, 2))})"},
    {.name = "ConvLocalTest",
     .shape = {4, {3, 4, 4, 2}},
     .network = "serial(ConvLocal(1, (3, 2), {None|(2, 1)}, " PADDING WB
                "), Relu(), ConvLocal(1, (1, 2)), Flatten(), Dense(1))",
     .equals = "serial(Conv(1, (3, 2), {None|(2, 1)}, " PADDING WB
               "), Relu(), Conv(1, (1, 2)), Flatten(), Dense(1))"},
    {.name = "IndexTest",
     .shape = {4, {3, 4, 3, 2}},
     .network = "serial(Conv(1, (2, 2), None, 'SAME'), Relu(), Index(Slice[" INDEX "]), Dense(1))",
     .equals = "serial(Conv(1, (2, 2), None, 'SAME'), Relu(), Dense(1), Index(Slice[" INDEX "]))",
     .masks = true},
    {.name = "MaskingTest.test_mask_fc",
     .shape = {3, {3, 4, 2}},
     .network = "serial(Dense(1, 1.2, .3), FanOut(3), parallel(serial(Relu(), Dense(5), "
                "DotGeneral(lhs=2.)), serial(Erf(), DotGeneral(rhs=-.5), Dense(5)), "
                "serial(LayerNorm(), Sin(), Dense(5))), {FanInSum()|serial(FanInConcat(-1), "
                "Dense(1))}, Relu(), Flatten(), Dense(1))",
     .equals = "serial(Dense(1, 1.2, .3), FanOut(3), parallel(serial(Relu(), Dense(5, 2.)), "
               "serial(Erf(), Dense(5, .5)), serial(LayerNorm(), Sin(), Dense(5))), "
               "{FanInSum()|serial(FanInConcat(-1), Dense(1))}, Relu(), Flatten(), Dense(1))",
     .masks = true},
    {.name = "MaskingTest.test_mask_fc",
     .shape = {3, {3, 4, 2}},
     .network = "serial(Dense(1, 1.2, .3), FanOut(3), parallel(serial(Relu(), Dense(5, 2.)), "
                "serial(Erf(), Dense(5, .5)), serial(LayerNorm(), Sin(), Dense(5))), "
                "{FanInSum()|serial(FanInConcat(-1), Dense(1))}, Relu(), Flatten(), Dense(1))",
     .masks = true},
    {.name = "MaskingTest.test_mask_conv",
     .shape = {3, {3, 6, 2}},
     .network = "serial({Conv|ConvTranspose}(1, (3,), {(1,)|(2,)}, '{SAME|VALID}', 1.2, .1), "
                "LayerNorm({-1|(1, -1)}), "
                "{Relu()|Gelu()|Sin()}, Dropout(.7), Conv(1, (2,), None, " PADDING
                "), {Identity()|GlobalSelfAttention(1, 3, 2, 2, True, b_std=.5)}, "
                "{Flatten()|GlobalAvgPool()}, Dense(1))",
     .masks = true}};
enum { TESTS = sizeof tests_of_reference / sizeof *tests_of_reference };

#endif
