#include "cli/limits.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number after `key` at the beginning of a line of a file, or -1. */
static int64_t number_in(const char *path, const char *key)
{
  char line[256];
  long long value = -1;
  FILE *file = fopen(path, "r");
  if (file == NULL) return -1;
  while (value < 0 && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, key, strlen(key)) != 0) continue;
    if (sscanf(line + strlen(key), "%lld", &value) != 1) break;
  }
  (void)fclose(file);
  return value;
}

static int64_t kilobytes(const char *path, const char *key)
{
  const int64_t value = number_in(path, key);
  return value < 0 ? value : value * 1024;
}

int64_t nt_resident_bytes(void)
{
  const int64_t bytes = kilobytes("/proc/self/status", "VmRSS:");
  return bytes < 0 ? 0 : bytes;
}

int64_t nt_peak_bytes(void)
{
  const int64_t bytes = kilobytes("/proc/self/status", "VmHWM:");
  return bytes < 0 ? 0 : bytes;
}

static void lower(nt_limit *limit, int64_t bytes, const char *source)
{
  if (bytes < 0 || bytes >= limit->bytes) return;
  limit->bytes = bytes;
  snprintf(limit->source, sizeof limit->source, "%s", source);
}

/* What a folder of the cgroup hierarchy leaves. Pages of files can be
 * dropped, so they count as free. */
static void lower_by_cgroup(nt_limit *limit, const char *folder, int version)
{
  char path[PATH_MAX + 64];
  const char *const names[2][3] = {
      {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "},
      {"memory.max", "memory.current", "inactive_file "}};
  const char *const *name = names[version - 1];
  snprintf(path, sizeof path, "%s/%s", folder, name[0]);
  const int64_t most = number_in(path, "");
  snprintf(path, sizeof path, "%s/%s", folder, name[1]);
  const int64_t used = number_in(path, "");
  if (most < 0 || used < 0 || most > INT64_MAX / 2) return; /* "max", or no limit */
  snprintf(path, sizeof path, "%s/memory.stat", folder);
  const int64_t files = number_in(path, name[2]);
  const int64_t left = most - used + (files > 0 ? files : 0);
  lower(limit, left > 0 ? left : 0, "the limit of the cgroup");
}

/* The folder of this process and all above it. */
static void lower_by_cgroups(nt_limit *limit)
{
  char line[PATH_MAX], folder[PATH_MAX + 40];
  FILE *file = fopen("/proc/self/cgroup", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':'),
         *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL) continue;
    *path++ = '\0';
    const int version = controllers[1] == '\0' ? 2 : 1;
    if (version == 1 && strstr(controllers, "memory") == NULL) continue;
    for (;;) {
      snprintf(folder, sizeof folder, "/sys/fs/cgroup%s%s", version == 1 ? "/memory" : "", path);
      lower_by_cgroup(limit, folder, version);
      char *slash = strrchr(path, '/');
      if (slash == NULL || path[0] == '\0') break;
      *slash = '\0';
    }
  }
  if (file != NULL) (void)fclose(file);
}

static int64_t megabytes_of_environment(const char *name)
{
  const char *text = getenv(name);
  const int64_t value = text == NULL ? 0 : atoll(text);
  return value > 0 && value < INT64_MAX >> 21 ? value << 20 : -1;
}

static void lower_by_slurm(nt_limit *limit, int node_ranks)
{
  const int64_t present = nt_resident_bytes() * node_ranks;
  const int64_t node = megabytes_of_environment("SLURM_MEM_PER_NODE");
  const int64_t core = megabytes_of_environment("SLURM_MEM_PER_CPU");
  const char *cores = getenv("SLURM_CPUS_ON_NODE");
  if (node > 0) lower(limit, node > present ? node - present : 0, "SLURM_MEM_PER_NODE");
  if (core > 0 && cores != NULL && atoi(cores) > 0) {
    const int64_t all = core * atoi(cores);
    lower(limit, all > present ? all - present : 0, "SLURM_MEM_PER_CPU");
  }
}

nt_limit nt_memory_limit(int64_t wanted, int node_ranks)
{
  nt_limit limit = {.bytes = INT64_MAX, .source = "nothing"};
  if (wanted > 0) {
    const int64_t present = nt_resident_bytes();
    lower(&limit, wanted > present ? wanted - present : 0, "--memory");
    return limit;
  }
  lower(&limit, kilobytes("/proc/meminfo", "MemAvailable:"), "the free memory of the node");
  lower_by_cgroups(&limit);
  lower_by_slurm(&limit, node_ranks);
  if (limit.bytes < INT64_MAX) limit.bytes /= node_ranks;
  return limit;
}
