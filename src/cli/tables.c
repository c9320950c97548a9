/* The tables of options that subcommands share, and those of kernel. */
#include "cli/tables.h"

static const nt_cli_option network[] = {
    {"network", 'n', "FILE", nt_read_text, FIELD(network_file), "text of the network, in a file"},
    {"expr", 'e', "TEXT", nt_read_text, FIELD(network_text),
     "the text itself: 'serial(Dense(512), Relu(), Dense(1))'"},
    END};
const nt_cli_group nt_cli_network = {"Network (one of the two):", network};

static const nt_cli_option computing[] = {
    {"dtype", 0, "TYPE", nt_read_dtype, FIELD(dtype),
     "arithmetic of pairs of samples: float64 (default), or float32, but not of six numbers or "
     "less at a position; results are float64"},
    {"mask-constant", 0, "V", nt_read_real_or_nan, FIELD(mask_constant),
     "entries of the data that equal V (or nan) are masked"},
    {"diagonal-batch", 0, "yes|no", nt_read_yes_no, FIELD(diagonal_batch),
     "cov1 and cov2 of each sample with itself only (default: what the network needs)"},
    {"diagonal-spatial", 0, "yes|no", nt_read_yes_no, FIELD(diagonal_spatial),
     "covariances of equal positions only (default: what the network needs)"},
    {"batch-axis", 0, "N", nt_read_int, FIELD(batch_axis),
     "axis of the data along which samples lie (default: as the network says, else 0)"},
    {"channel-axis", 0, "N", nt_read_int, FIELD(channel_axis),
     "axis of the channels (default: as the network says, else -1)"},
    {"shape", 0, "SIZES", nt_read_shape, FIELD(shapes),
     "each sample becomes an array of these sizes, row-major: 32,32,3; for trees of data once per "
     "leaf, in order"},
    {"pattern", 0, "DATA", nt_read_text, FIELD(pattern),
     "patterns of Aggregate for X1 (training samples): one along axis 0 for each sample; none: the "
     "identity"},
    {"pattern2", 0, "DATA", nt_read_text, FIELD(pattern2),
     "those for X2 or test samples; default: --pattern"},
    {"preprocess", 0, "STEPS", nt_read_text, FIELD(preprocess),
     "of scale=S, center, standardize[=global|channel|feature], norm=R, zca=EPS, comma-separated, "
     "in the order of application"},
    {"preprocess-from", 0, "DATA", nt_read_text, FIELD(preprocess_from),
     "data that its statistics come from"},
    {"seed", 0, "N", nt_read_seed, FIELD(seed), "of random(...) data (default 0)"},
    {"store", 0, "TYPE", nt_read_dtype, FIELD(store),
     "of kernels and covariances in files: float64 (default), or float32, half the file"},
    {"grid", 0, "PxQ", nt_read_grid, FIELD(grid),
     "rows and columns of the grid of ranks (default: nearly square)"},
    {"threads", 0, "T", nt_read_count, FIELD(threads),
     "threads of a rank (default: OMP_NUM_THREADS, else its share of the cores)"},
    {"memory", 0, "SIZE", nt_read_bytes, FIELD(memory),
     "a rank may use, 500M or 16G (default: what node, cgroup and SLURM leave)"},
    {"tile", 0, "N", nt_read_count, FIELD(tile), "samples along a side of a tile"},
    {"allow-singleton", 0, NULL, nt_read_flag, FIELD(allow_singleton),
     "go on when a launcher started several programs of one rank each"},
    END};
const nt_cli_group nt_cli_computing = {"Kernel options:", computing};

static const nt_cli_option kernel_own[] = {
    {"output", 'o', "OUT", nt_read_text, FIELD(output),
     "NAME.h5 (one HDF5 file), NAME/ (a folder of .npy files) or NAME.npy (a single result)"},
    {"get", 0, "LIST", nt_read_get, FIELD(get),
     "of nngp, ntk, cov1, cov2, mask1, mask2, or all (default nngp,ntk)"},
    {"force", 0, NULL, nt_read_flag, FIELD(force), "replace an output that exists"},
    END};
const nt_cli_group nt_cli_kernel_own = {"Results:", kernel_own};

static const nt_cli_option plan_own[] = {
    {"ranks", 0, "N", nt_read_count, FIELD(ranks), "ranks to plan for (default: 1)"}, END};
const nt_cli_group nt_cli_plan_own = {"Plan:", plan_own};

static const nt_cli_option messages[] = {
    {"json", 0, "FILE", nt_read_text, FIELD(json),
     "write the summary as JSON (-: on stdout, instead of tables)"},
    {"quiet", 0, NULL, nt_read_flag, FIELD(quiet), "warnings and errors only"},
    {"verbose", 0, NULL, nt_read_flag, FIELD(verbose), "more about what is done"},
    {"help", 0, NULL, nt_read_flag, FIELD(help), "print this text"},
    END};
const nt_cli_group nt_cli_messages = {"Messages:", messages};
