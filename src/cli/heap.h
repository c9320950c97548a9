/** What the C library's heap does with memory that was freed: before, it goes back to the system;
 * from now on, by what is done next. */
#ifndef NT_CLI_HEAP_H
#define NT_CLI_HEAP_H

/** Kernels: buffers of a few MiB come and go with the panels and tiles of each pass, and keep their
 * pages, which the system would otherwise clear anew every time. Matrices are larger and go back at
 * once. Parallel: Local. */
void nt_heap_keep(void);
/** Inference: what is freed goes back, but for small pieces.
 * Kept, it would leave holes that the next matrix does not fill, since it begins at a whole page of
 * 2 MiB: more of them with each regularisation and fold. Parallel: Local. */
void nt_heap_return(void);

#endif
