/** Files and folders under construction: made beside their names, as ".NAME.tmp-PID",
 * and moved there when they are whole. A name that is a symbolic link stays one: what
 * it points to is replaced. */
#ifndef NT_IO_DRAFT_H
#define NT_IO_DRAFT_H

#include "nt/status.h"

#include <stdbool.h>

enum { NT_PATH = 4096, NT_NAME = 256 };

typedef struct nt_draft {
  char final[NT_PATH]; /**< The name, or what it points to if it is a link. */
  char temp[NT_PATH];  /**< Beside `final`. */
} nt_draft;

/** Find the names of a file or folder (with or without a slash at its end);
 * makes nothing. \return NT_ERR_OUTPUT: too long. Parallel: Local. */
nt_status nt_draft_name(nt_error *err, const char *path, nt_draft *draft) NT_WARN_UNUSED;
/** Whether both will be the same file, however their names are written. Parallel: Local. */
bool nt_draft_same(const nt_draft *a, const nt_draft *b);
/** Whether there is a file or folder of the final name. Parallel: Local. */
bool nt_draft_exists(const nt_draft *draft);
/** Whether the folder that the file will be in can be written to; errno says why not.
 * Parallel: Local. */
bool nt_draft_has_folder(const nt_draft *draft);
/** Whether that folder lies on Lustre, whose servers share a file only as its folder says.
 * Parallel: Local. */
bool nt_draft_on_lustre(const nt_draft *draft);
/** Whether `folder` is there, and `file` is in it or in a folder of it. Parallel: Local. */
bool nt_draft_holds(const nt_draft *folder, const nt_draft *file);
/** Find another draft of the same file, of a run that still runs or was killed: its name in the
 * same folder. Parallel: Local. */
bool nt_draft_other(const nt_draft *draft, char other[NT_NAME]);
/** Make the temporary file (empty) or folder; where there is one of its name, from a run that was
 * killed, draft->temp becomes another. \return NT_ERR_OUTPUT. Parallel: Local. */
nt_status nt_draft_begin(nt_error *err, nt_draft *draft, bool folder) NT_WARN_UNUSED;
/** Say that `path`, something in draft->temp, will be made: so that it does not outlive a signal
 * (nt_drafts_remove). \return NT_ERR_NOMEM. Parallel: Local. */
nt_status nt_draft_add(nt_error *err, const char *path) NT_WARN_UNUSED;
/** Move to the final name. Files replace files at once; so do folders where the file
 * system can exchange them, elsewhere the old one steps aside first. \return
 * NT_ERR_OUTPUT. Parallel: Local. */
nt_status nt_draft_keep(nt_error *err, const nt_draft *draft) NT_WARN_UNUSED;
/** Remove it, if it was made; one that is zero was not. Parallel: Local. */
void nt_draft_drop(const nt_draft *draft);

/** Remove all that was made and is neither kept nor dropped. For signal handlers that end the
 * program afterwards: it is async-signal-safe, to be called once, and the functions above wait for
 * ever behind it. */
void nt_drafts_remove(void);

#endif
