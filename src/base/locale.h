/** The C locale for a while, in this thread: numbers in texts have a point, whatever the
 * language of the user. */
#ifndef NT_BASE_LOCALE_H
#define NT_BASE_LOCALE_H

#include "nt/status.h"

#include <locale.h>

/** What to go back to; begin with zero. */
typedef struct nt_locale {
  locale_t c, before;
} nt_locale;

/** Parallel: Local, and for this thread alone. \return NT_ERR_NOMEM. */
nt_status nt_locale_enter(nt_error *err, nt_locale *locale) NT_WARN_UNUSED;
/** Go back, also after a failed nt_locale_enter. Parallel: Local. */
void nt_locale_leave(nt_locale *locale);

#endif
