/** JSON for machines: the file of --json, or stdout for "-". */
#ifndef NT_CLI_JSON_H
#define NT_CLI_JSON_H

#include "nt/status.h"

#include <cjson/cJSON.h>

/** Whether it can be written, before the work is done. A file that exists is replaced if it holds
 * JSON, so that a slip does not cost data. \return NT_ERR_OUTPUT. Parallel: Local
 * (rank 0's view of files). */
nt_status nt_json_check(nt_error *err, const char *path) NT_WARN_UNUSED;
/** Write it: files beside their names first, devices and pipes at once.
 * \return NT_ERR_OUTPUT. Parallel: Local. */
nt_status nt_json_write(nt_error *err, const char *path, const cJSON *json) NT_WARN_UNUSED;

/** A new object at the end of list `name` of `json`, which gets the list if it has none. Borrowed.
 * NULL of NULL. Parallel: Local. */
cJSON *nt_json_item(cJSON *json, const char *name);

#endif
