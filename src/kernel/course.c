/** The passes of a job as one course: what is told of the one in hand, and what those behind it will
 * take by a calibration, since nothing else is known of them. */
#include "kernel/calibrate.h"
#include "kernel/job.h"

#include "base/check.h"
#include "base/memory.h"

/* What a pass over the pairs of `d` takes. */
static nt_status seconds_of_pairs(const nt_kernel_job *job, const nt_demand *d, double *seconds)
{
  nt_status status = NT_OK;
  nt_ctx *ctx = nt_grid_ctx(job->grid);
  nt_rates rates = {.region = NULL};
  const nt_machine g = {nt_grid_P(job->grid), nt_grid_Q(job->grid), nt_ctx_threads(ctx)};
  const nt_share share = nt_share_of(d, g);
  NT_TRY_ALL(ctx, nt_calibrate(nt_ctx_error(ctx), d->plan, &rates));
  *seconds = ((double)share.pairs * rates.pair + (double)share.samples * rates.sample) / g.threads;
done:
  nt_rates_free(&rates);
  nt_return_freed();
  return status;
}

/* The passes that find cov1 and cov2, but for variances, which take little. */
static nt_status plan_own(nt_kernel_job *job)
{
  nt_status status = NT_OK;
  const nt_demand self = {.plan = job->cov_plan, .symmetric = true};
  const double n1 = (double)nt_plan_samples(job->plan, 0),
               n2 = (double)nt_plan_samples(job->plan, 1);
  double all;
  if (job->cov_plan == NULL) return NT_OK;
  NT_TRY(seconds_of_pairs(job, &self, &all));
  /* Samples with themselves, by half of their planes, on each rank of a row of the grid alike. */
  const double own = all / (n1 + 1) * nt_grid_Q(job->grid);
  const bool alone = job->plan->layout.diagonal_batch;
  if (job->get & NT_GET_COV1) job->course.pass[1] = alone ? own : all;
  if ((job->get & NT_GET_COV2) && !job->symmetric)
    job->course.pass[2] = alone ? own * n2 / n1 : all * n2 / n1 * n2 / n1;
done:
  return status;
}

nt_status nt_course_plan(nt_kernel_job *job)
{
  nt_status status = NT_OK;
  nt_course *course = &job->course;
  const nt_demand demand = nt_kernel_job_demand(job);
  course->all = 0;
  for (int s = 0; s < job->stages.n; s++) {
    NT_TRY(nt_course_plan(job->stage[s]));
    course->all += job->stage[s]->course.all;
  }
  if (job->stages.n > 0) return NT_OK;
  if (job->get & (NT_GET_NNGP | NT_GET_NTK))
    NT_TRY(seconds_of_pairs(job, &demand, &course->pass[0]));
  NT_TRY(plan_own(job));
  for (int k = 0; k < NT_PASSES; k++)
    course->all += course->pass[k];
done:
  return status;
}

static void update(void *arg, int64_t done, int64_t total)
{
  const nt_kernel_job *job = arg;
  const double spent = MPI_Wtime() - job->course.began;
  const int64_t all = (int64_t)(1e6 * spent);
  job->progress->update(job->progress->arg, all,
                        all + total - done + (int64_t)(1e6 * job->course.behind));
}

void nt_course_begin(nt_kernel_job *job, double began, double behind)
{
  nt_course *course = &job->course;
  course->callback = (nt_progress){update, job};
  course->began = began;
  course->behind = behind + course->all;
}

void nt_course_pass(nt_kernel_job *job, int pass) { job->course.behind -= job->course.pass[pass]; }
