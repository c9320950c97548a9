#include "cli/placement.h"

#include "base/blas.h"
#include "base/check.h"
#include "base/memory.h"

#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RANKS_SHOWN = 16, MOST_THREADS = 4096 };

/* "0-3,8" */
static void cores_text(const cpu_set_t *set, char *out, size_t size)
{
  size_t length = 0;
  out[0] = '\0';
  for (int first = 0; first < CPU_SETSIZE; first++) {
    if (!CPU_ISSET((size_t)first, set)) continue;
    int last = first;
    while (last + 1 < CPU_SETSIZE && CPU_ISSET((size_t)last + 1, set))
      last++;
    char part[32];
    snprintf(part, sizeof part, first == last ? "%s%d" : "%s%d-%d", length ? "," : "", first, last);
    if (length + strlen(part) + 4 > size) {
      strcpy(out + length, "...");
      return;
    }
    strcpy(out + length, part);
    length += strlen(part);
    first = last;
  }
}

static bool overlap(const cpu_set_t *a, const cpu_set_t *b)
{
  cpu_set_t both;
  CPU_AND(&both, a, b);
  return CPU_COUNT(&both) > 0;
}

/* The first number of OMP_NUM_THREADS ("4" or "4,2"), or 0. */
static int threads_of_environment(void)
{
  const char *text = getenv("OMP_NUM_THREADS");
  const int threads = text == NULL ? 0 : atoi(text);
  return threads > 0 ? threads : 0;
}

/* Compare this rank's cores with those of its neighbours on the node. */
static nt_status compare_masks(nt_ctx *ctx, MPI_Comm node, const cpu_set_t *mine,
                               nt_placement *placement)
{
  nt_status status = NT_OK;
  cpu_set_t *all = NULL;
  int rank, size;
  NT_TRY_MPI(ctx, MPI_Comm_rank(node, &rank));
  NT_TRY_MPI(ctx, MPI_Comm_size(node, &size));
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), size, sizeof(cpu_set_t), "masks", &all));
  cpu_set_t any;
  NT_TRY_MPI(ctx, MPI_Allgather(mine, (int)sizeof *mine, MPI_BYTE, all, (int)sizeof *mine, MPI_BYTE,
                                node));
  CPU_ZERO(&any);
  for (int r = 0; r < size; r++) {
    placement->sharing += overlap(mine, &all[r]);
    CPU_OR(&any, &any, &all[r]);
  }
  placement->node_ranks = size;
  placement->node_cores = CPU_COUNT(&any);
  placement->node_all_cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
  placement->is_node_first = rank == 0;
done:
  free(all);
  return status;
}

static nt_status find(nt_ctx *ctx, int wanted, nt_placement *p)
{
  nt_status status = NT_OK;
  MPI_Comm node = MPI_COMM_NULL;
  cpu_set_t mine;
  *p = (nt_placement){0};
  if (gethostname(p->host, sizeof p->host - 1) != 0) strcpy(p->host, "unknown");
  CPU_ZERO(&mine);
  if (sched_getaffinity(0, sizeof mine, &mine) != 0) CPU_SET(0, &mine);
  cores_text(&mine, p->cores, sizeof p->cores);
  p->n_cores = CPU_COUNT(&mine);
  NT_TRY_MPI(ctx, MPI_Comm_split_type(nt_ctx_comm(ctx), MPI_COMM_TYPE_SHARED, nt_ctx_rank(ctx),
                                      MPI_INFO_NULL, &node));
  NT_TRY(compare_masks(ctx, node, &mine, p));
  p->threads = wanted > 0 ? wanted : threads_of_environment();
  if (p->threads == 0) p->threads = p->n_cores > p->sharing ? p->n_cores / p->sharing : 1;
  NT_CHECK_ALL(ctx, p->threads <= MOST_THREADS, NT_ERR_ARG,
               "%d threads of a rank: at most %d are possible (--threads, OMP_NUM_THREADS)",
               p->threads, MOST_THREADS);
  NT_TRY_MPI(ctx, MPI_Allreduce(&p->threads, &p->node_threads, 1, MPI_INT, MPI_SUM, node));
done:
  if (node != MPI_COMM_NULL) (void)MPI_Comm_free(&node);
  return status;
}

void nt_placement_alone(int ranks, int wanted, nt_placement *p)
{
  cpu_set_t mine;
  *p = (nt_placement){.sharing = ranks};
  CPU_ZERO(&mine);
  if (sched_getaffinity(0, sizeof mine, &mine) != 0) CPU_SET(0, &mine);
  p->n_cores = CPU_COUNT(&mine);
  p->threads = wanted > 0 ? wanted : threads_of_environment();
  if (p->threads == 0) p->threads = p->n_cores > ranks ? p->n_cores / ranks : 1;
}

static int positive(const char *name)
{
  const char *text = getenv(name);
  return text == NULL ? 0 : atoi(text);
}

nt_status nt_placement_check_launcher(nt_ctx *ctx)
{
  nt_status status = NT_OK;
  const int slurm = positive("SLURM_NTASKS"), pmi = positive("PMI_SIZE");
  if (nt_ctx_size(ctx) > 1) return NT_OK;
  NT_CHECK(slurm <= 1 && pmi <= 1, nt_ctx_error(ctx), NT_ERR_ARG,
           "this is the only rank, but the launcher started %d tasks (%s=%d), each of which would "
           "do all the work: start with srun --mpi=pmix, or with mpirun; --allow-singleton goes on "
           "with one rank",
           slurm > 1 ? slurm : pmi, slurm > 1 ? "SLURM_NTASKS" : "PMI_SIZE",
           slurm > 1 ? slurm : pmi);
done:
  return status;
}

static const char *plural(int n) { return n == 1 ? "" : "s"; }

static void print_rank(int rank, const nt_placement *p)
{
  fprintf(stderr, "rank %d: host %s, core%s %s, %d thread%s\n", rank, p->host, plural(p->n_cores),
          p->cores, p->threads, plural(p->threads));
}

static void warn(const nt_placement *p)
{
  const bool bound = p->node_all_cores > p->node_cores;
  fprintf(stderr, "warning: host %s: %d thread%s of %d rank%s on %d core%s", p->host,
          p->node_threads, plural(p->node_threads), p->node_ranks, plural(p->node_ranks),
          p->node_cores, plural(p->node_cores));
  if (bound) fprintf(stderr, " of %d", p->node_all_cores);
  fprintf(stderr, "; fewer ranks or threads (--threads, OMP_NUM_THREADS) would be faster%s\n",
          bound ? ", or ranks that are not bound to so few (mpirun --bind-to none)" : "");
}

/* Threads are as many as cores may be used: where srun hands on fewer than the job has, a run is
 * slow and nothing else tells. */
static void warn_of_slurm(const nt_placement *p)
{
  const int asked = positive("SLURM_CPUS_PER_TASK");
  if (asked <= p->n_cores) return;
  fprintf(stderr,
          "warning: host %s: rank 0 may use %d core%s of the %d of --cpus-per-task: since Slurm "
          "22.05 srun wants export SRUN_CPUS_PER_TASK=%d (mpirun: --bind-to none)\n",
          p->host, p->n_cores, plural(p->n_cores), asked, asked);
}

static void print_all(const nt_placement *all, int size, bool quiet)
{
  int nodes = 0, threads = 0;
  for (int r = 0; r < size; r++) {
    nodes += all[r].is_node_first;
    threads += all[r].threads;
    if (!quiet && r < RANKS_SHOWN) print_rank(r, &all[r]);
  }
  if (!quiet && size > RANKS_SHOWN)
    fprintf(stderr, "... and %d more: %d ranks on %d nodes, %d threads in all\n",
            size - RANKS_SHOWN, size, nodes, threads);
  warn_of_slurm(&all[0]);
  for (int r = 0; r < size; r++) {
    if (all[r].is_node_first && all[r].node_threads > all[r].node_cores) warn(&all[r]);
  }
}

static nt_status print(nt_ctx *ctx, const nt_placement *placement, bool quiet)
{
  nt_status status = NT_OK;
  void *memory = NULL;
  const int size = nt_ctx_size(ctx), bytes = (int)sizeof *placement;
  NT_TRY_ALL(ctx, nt_alloc(nt_ctx_error(ctx), nt_ctx_rank(ctx) == 0 ? size : 1, sizeof *placement,
                           "placements", &memory));
  NT_TRY_MPI(ctx,
             MPI_Gather(placement, bytes, MPI_BYTE, memory, bytes, MPI_BYTE, 0, nt_ctx_comm(ctx)));
  if (nt_ctx_rank(ctx) == 0) print_all(memory, size, quiet);
done:
  free(memory);
  return status;
}

nt_status nt_placement_use(nt_ctx *ctx, int wanted, bool quiet, nt_placement *placement)
{
  nt_status status = NT_OK;
  NT_TRY(find(ctx, wanted, placement));
  omp_set_num_threads(placement->threads);
  nt_ctx_set_threads(ctx, placement->threads);
  (void)nt_blas_set_threads(placement->threads);
  NT_TRY(print(ctx, placement, quiet));
done:
  return status;
}
