/* The table of options of predict --method gradient-descent. */
#include "cli/tables.h"

static const nt_cli_option descent[] = {
    {"time", 0, "LIST", nt_read_times, FIELD(time),
     "training times in steps of gradient descent: 0,10,1e3,inf or log:1:1e6:25 (default: "
     "infinite, by a direct solve)"},
    {"learning-rate", 0, "R|auto", nt_read_rate, FIELD(learning_rate),
     "default 1; auto: the largest at which gradient descent converges"},
    {"loss", 0, "NAME", nt_read_loss, FIELD(loss), "mse (default) or cross-entropy"},
    {"momentum", 0, "M", nt_read_real, FIELD(momentum), "of a heavy ball, 0 to 1 (default: none)"},
    {"ensemble", 0, NULL, nt_read_flag, FIELD(ensemble),
     "mean over random initial functions, with --covariance or --variance around it; without: from "
     "--initial"},
    {"initial", 0, "DATA|0", nt_read_text, FIELD(initial),
     "outputs of the network on the training samples at time 0 (default 0)"},
    {"initial-test", 0, "DATA|0", nt_read_text, FIELD(initial_test),
     "the same on the test samples"},
    {"state", 0, "OUT", nt_read_text, FIELD(state),
     "start from what --save-state wrote; times count from there"},
    {"save-state", 0, "OUT", nt_read_text, FIELD(save_state),
     "outputs and momenta at the last time: NAME.h5 or NAME/"},
    {"eigensolver", 0, "NAME", nt_read_eigensolver, FIELD(eigensolver),
     "auto (default: elpa where it is built in), pdsyevd, elpa or elpa2"},
    END};
const nt_cli_group nt_cli_predict_descent = {"With --method gradient-descent:", descent};
