/* The tables of options of predict. */
#include "cli/tables.h"

static const nt_cli_option data[] = {
    {"train", 0, "X", nt_read_text, FIELD(train), "training samples"},
    {"labels", 0, "Y", nt_read_text, FIELD(labels), "their labels: class numbers or real targets"},
    {"test", 0, "X", nt_read_text, FIELD(test), "samples to predict"},
    {"test-labels", 0, "Y", nt_read_text, FIELD(test_labels), "their labels, to score predictions"},
    {"targets", 0, "MODE", nt_read_targets, FIELD(targets),
     "auto (default), raw, one-hot, or centered (one-hot minus 1/classes)"},
    {"test-block", 0, "N", nt_read_count, FIELD(test_block),
     "test samples whose kernels with the training set are held at a time (default: as memory "
     "allows)"},
    {"classes", 0, "C", nt_read_count, FIELD(classes),
     "number of classes (default: the largest label plus 1)"},
    END};
const nt_cli_group nt_cli_predict_data = {"Data:", data};

static const nt_cli_option stored[] = {
    {"kernel", 0, "F", nt_read_text, FIELD(kernel[NT_TRAIN_TRAIN]),
     "kernels of the training samples: a file of ntmpi kernel, or a matrix (a.npy, a.h5:/dataset) "
     "that serves whatever --get names"},
    {"kernel-test-train", 0, "F", nt_read_text, FIELD(kernel[NT_TEST_TRAIN]),
     "the same, with test samples as rows and training samples as columns"},
    {"kernel-test-test", 0, "F", nt_read_text, FIELD(kernel[NT_TEST_TEST]),
     "the same of the test samples with themselves, or the diagonal of it"},
    {"nngp-train-train", 0, "K", nt_read_text, FIELD(matrix[NT_TRAIN_TRAIN][NT_NNGP]),
     "the six matrices one by one (.npy or HDF5 datasets)"},
    {"ntk-train-train", 0, "K", nt_read_text, FIELD(matrix[NT_TRAIN_TRAIN][NT_NTK]), NULL},
    {"nngp-test-train", 0, "K", nt_read_text, FIELD(matrix[NT_TEST_TRAIN][NT_NNGP]), NULL},
    {"ntk-test-train", 0, "K", nt_read_text, FIELD(matrix[NT_TEST_TRAIN][NT_NTK]), NULL},
    {"nngp-test-test", 0, "K", nt_read_text, FIELD(matrix[NT_TEST_TEST][NT_NNGP]), NULL},
    {"ntk-test-test", 0, "K", nt_read_text, FIELD(matrix[NT_TEST_TEST][NT_NTK]), NULL},
    {"train-rows", 0, "R", nt_read_text, FIELD(train_rows),
     "the training samples among those of --kernel: a range such as 0:1000, or @rows.npy; labels "
     "are one for each of them, or for all samples of the kernel"},
    {"test-rows", 0, "R", nt_read_text, FIELD(test_rows),
     "the test samples among them; a warning tells how many are training samples too"},
    {"triangle", 0, "lower|upper", nt_read_triangle, FIELD(triangle),
     "only this triangle of the stored square kernels is filled"},
    {"in-place", 0, NULL, nt_read_flag, FIELD(in_place),
     "compute the kernel in the solver's blocks whatever --tile says, so that it is factorised "
     "where it is and never copied"},
    {"save-kernel", 0, "F", nt_read_text, FIELD(save_kernel),
     "keep the kernels that were computed, in NAME.h5 or NAME/, for --kernel F"},
    END};
const nt_cli_group nt_cli_predict_stored = {"Stored kernels (instead of, or beside, the network):",
                                            stored};

static const nt_cli_option learning[] = {
    {"method", 0, "NAME", nt_read_method, FIELD(method),
     "gp: Gaussian processes (default), or gradient-descent: training by gradient flow"},
    {"get", 0, "LIST", nt_read_predictors, FIELD(predictors),
     "of nngp, ntk, ntkgp (default nngp,ntk)"},
    {"reg", 0, "LIST", nt_read_reals_or_auto, FIELD(reg),
     "regularisations relative to the mean diagonal of the kernel (default 0): 1e-6,1e-4 or "
     "log:1e-8:1e-2:7 or lin:0:1:11 or @FILE; auto: powers of ten, chosen by leave-one-out"},
    {"reg-abs", 0, "LIST", nt_read_reals, FIELD(reg_abs), "the same, absolute"},
    {"trace-axes", 0, "LIST|none", nt_read_axes, FIELD(trace_axes),
     "axes of the targets along which the kernel is the same (default -1, the last); it has rows "
     "for the entries of all others, in their order, or their axes in pairs: (n, n, a, a)"},
    END};
const nt_cli_group nt_cli_predict_learning = {"Learning:", learning};

static const nt_cli_option choice[] = {
    {"loo", 0, NULL, nt_read_flag, FIELD(loo),
     "leave-one-out predictions of the training samples, in closed form"},
    {"folds", 0, "K|FILE", nt_read_text, FIELD(folds),
     "cross-validation from one kernel: K random folds (stratified, from --seed), or a fold number "
     "for each training sample"},
    {"select", 0, "WHAT", nt_read_select, FIELD(select),
     "choose among the regularisations, for each kernel, from the training samples alone: by loo, "
     "folds or evidence; only the choice is used on the test samples"},
    {"select-by", 0, "SCORE", nt_read_select_by, FIELD(select_by),
     "of loo or folds: mse (default) or error"},
    END};
const nt_cli_group nt_cli_predict_choice = {"Validation and choice of the regularisation:", choice};

static const nt_cli_option results[] = {
    {"output", 'o', "OUT", nt_read_text, FIELD(output),
     "NAME.h5 (one HDF5 file) or NAME/ (a folder of .npy files)"},
    {"covariance", 0, NULL, nt_read_flag, FIELD(covariance),
     "of the test predictions: a whole matrix for each regularisation and time"},
    {"variance", 0, NULL, nt_read_flag, FIELD(variance),
     "its diagonal alone, at a fraction of the cost"},
    {"plot", 0, "FILE", nt_read_text, FIELD(plot),
     "draw the curves over a list of regularisations or times: NAME.svg, or NAME.png (by gnuplot)"},
    {"force", 0, NULL, nt_read_flag, FIELD(force), "replace an output that exists"},
    END};
const nt_cli_group nt_cli_predict_results = {"Results:", results};
