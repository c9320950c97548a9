/** Reading stored matrices, in two steps: every rank reads a share of the lines (stored_read.c),
 * and their numbers go to the ranks that own them (stored_exchange.c). */
#ifndef NT_IO_STORED_IMPL_H
#define NT_IO_STORED_IMPL_H

#include "io/source.h"
#include "nt/stored.h"

struct nt_stored {
  nt_ctx *ctx;
  nt_source source;
  char *name;
  int64_t M, N;
};

/** Numbers of one sample with another. Local. */
int64_t nt_stored_behind(const nt_stored *stored);

/** Lines of the result along one side: its rows, or its columns. Entry e of line l comes from
 * (line[l], entry[e]) of the file along `axis`. */
typedef struct nt_stored_pass {
  nt_stored *stored;
  nt_triangle filled; /* of (line, entry) */
  nt_dmatrix *to;
  bool columns; /* a line is a column of the result */
  int axis;     /* of the file that lines are numbered along */
  const int64_t *line, *entry;
  int64_t n_lines, n_entries, file_entries;
  int64_t unit;                                   /* lines of a sample */
  int64_t share;                                  /* lines that a rank reads in a batch */
  double *in, *slab;                              /* [share][file_entries] */
  double *sample;                                 /* [unit][file_entries] */
  double *send, *recv;                            /* packed */
  int *count, *offset, *recv_count, *recv_offset; /* [ranks] */
  bool bad;                                       /* an entry was not finite: */
  int64_t bad_line, bad_entry;
  double bad_value;
} nt_stored_pass;

/** Entry i of a list of rows or columns; NULL are all of them. */
static inline int64_t nt_stored_at(const int64_t *list, int64_t i)
{
  return list == NULL ? i : list[i];
}

/** The lines that rank `r` reads in batch `b`: from *first on. \return Their number. Local. */
int64_t nt_stored_share(const nt_stored_pass *p, int64_t b, int r, int64_t *first);
/** Doubles that this rank may receive in a batch: it may own all lines, and of each its entries.
 * Local. */
int64_t nt_stored_received(const nt_stored_pass *p);
/** What all ranks have read in this batch, p->in, to its places. Collective. */
nt_status nt_stored_exchange(nt_stored_pass *p, int64_t batch) NT_WARN_UNUSED;

#endif
