#include "base/locale.h"

#include "base/check.h"

nt_status nt_locale_enter(nt_error *err, nt_locale *locale)
{
  nt_status status = NT_OK;
  locale->c = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
  NT_CHECK(locale->c, err, NT_ERR_NOMEM, "no memory for a locale");
  locale->before = uselocale(locale->c);
done:
  return status;
}

void nt_locale_leave(nt_locale *locale)
{
  if (!locale->c) return;
  (void)uselocale(locale->before);
  freelocale(locale->c);
  *locale = (nt_locale){0};
}
