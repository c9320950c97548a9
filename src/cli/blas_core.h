/** The kernels that OpenBLAS chose for this processor. */
#ifndef NT_CLI_BLAS_CORE_H
#define NT_CLI_BLAS_CORE_H

/** Start the program again with better kernels where OpenBLAS does not know the processor.
 *
 * An OpenBLAS that is older than the processor falls back to kernels of 2004 (five times slower
 * with AVX-512). OPENBLAS_CORETYPE tells it better, but it is read when the library is loaded: so
 * set it and execute the same program again, once. A value that the user has set is left alone.
 * Call first thing in main. Parallel: Local, before MPI. */
void nt_cli_use_best_blas_core(char **argv);

/** Name of the kernels in use, "SkylakeX"; "" with another BLAS. Parallel: Local. */
const char *nt_cli_blas_core(void);

/** Instruction set of the vector loops, "x86-64-v4 (AVX-512)". Parallel: Local. */
const char *nt_cli_instruction_set(void);

#endif
