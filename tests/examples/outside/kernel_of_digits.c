/* The shortest useful program: read samples from a file, compute NNGP and
 * NTK, write them to a file.
 *
 *     cc kernel_of_digits.c $(pkg-config --cflags --libs ntmpi) -o kernel_of_digits
 *     mpirun -n 4 ./kernel_of_digits digits-images.npy kernel.h5 */
#include <nt/nt.h>

#include <stdio.h>

static const char network[] = "serial(Flatten(), Dense(512, W_std=2**0.5), Relu(), Dense(10))";

#define TRY(call)                                                                                  \
  do {                                                                                             \
    status = (call);                                                                               \
    if (status != NT_OK) goto done;                                                                \
  } while (0)

/* Samples of `file` in the layout that the network wants: here flattened. */
static nt_status read_samples(nt_ctx *ctx, const nt_layer *net, const char *file,
                              const nt_tree *inputs, nt_samples **samples)
{
  nt_status status = NT_OK;
  nt_dataset *dataset = NULL;
  nt_preprocess *steps = NULL;
  nt_dataset_options open = NT_DATASET_DEFAULTS;
  const nt_samples_options read = {.dtype = NT_FLOAT64};
  TRY(nt_kernel_axes(nt_ctx_error(ctx), net, inputs, NULL, &open));
  TRY(nt_dataset_open(ctx, file, &open, &dataset));
  TRY(nt_samples_read(ctx, dataset, &read, samples));
  TRY(nt_preprocess_parse(nt_ctx_error(ctx), "scale=0.0625,center,norm=8", &steps));
  TRY(nt_preprocess_fit_apply(ctx, steps, *samples));
done:
  nt_preprocess_destroy(&steps);
  nt_dataset_close(&dataset);
  return status;
}

static nt_status write_kernel(nt_ctx *ctx, const nt_kernel *kernel, const char *file)
{
  nt_status status = NT_OK;
  nt_output *output = NULL;
  TRY(nt_output_open(ctx, file, false, &output)); /* false: never over an existing file */
  TRY(nt_output_write_matrix(output, "nngp", kernel->nngp, NULL, NT_FLOAT64));
  TRY(nt_output_write_matrix(output, "ntk", kernel->ntk, NULL, NT_FLOAT64));
  TRY(nt_output_attr_text(output, "", "network", network));
  TRY(nt_output_commit(&output));
done:
  nt_output_abort(&output);
  return status;
}

static nt_status run(nt_ctx *ctx, const char *from, const char *to)
{
  nt_status status = NT_OK;
  nt_layer *net = NULL;
  nt_samples *samples = NULL;
  nt_grid *grid = NULL;
  nt_tree *inputs = NULL, *kernels = NULL;
  TRY(nt_network_parse(nt_ctx_error(ctx), network, NULL, &net));
  TRY(nt_tree_leaf(nt_ctx_error(ctx), NULL, &inputs)); /* one input */
  TRY(read_samples(ctx, net, from, inputs, &samples));
  inputs->leaf = samples;
  TRY(nt_grid_create(ctx, 0, 0, &grid));
  TRY(nt_kernel_fn(grid, net, inputs, NULL, NT_GET_NNGP | NT_GET_NTK, NULL, &kernels));
  TRY(write_kernel(ctx, nt_tree_nth(kernels, 0)->leaf, to));
done:
  nt_kernels_destroy(&kernels);
  nt_grid_destroy(&grid);
  nt_tree_destroy(&inputs);
  nt_samples_destroy(&samples);
  nt_layer_release(&net);
  return status;
}

int main(int argc, char **argv)
{
  nt_ctx *ctx = NULL;
  MPI_Init(&argc, &argv);
  nt_status status = NT_ERR_ARG;
  if (argc == 3) {
    status = nt_ctx_create(MPI_COMM_WORLD, &ctx);
    if (status == NT_OK) status = run(ctx, argv[1], argv[2]);
  }
  if (ctx == NULL)
    fprintf(stderr, "kernel_of_digits DATA OUT: %s\n", nt_status_text(status));
  else if (status != NT_OK && nt_ctx_rank(ctx) == 0)
    fprintf(stderr, "kernel_of_digits: %s\n", nt_ctx_error(ctx)->message);
  const nt_status left = nt_ctx_destroy(&ctx); /* an error if something was not freed */
  MPI_Finalize();
  return nt_status_exit_code(status != NT_OK ? status : left);
}
