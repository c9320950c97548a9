/** SHA-256. */
#ifndef NT_IO_HASH_H
#define NT_IO_HASH_H

#include "nt/io.h"

enum { NT_DIGEST = 32 };

/** Digest of `n` bytes. \return NT_ERR_INTERNAL when the library refuses. Parallel: Local. */
nt_status nt_sha256(nt_error *err, const void *bytes, int64_t n,
                    unsigned char digest[NT_DIGEST]) NT_WARN_UNUSED;
/** Hexadecimal text of a digest. Parallel: Local. */
void nt_sha256_text(const unsigned char digest[NT_DIGEST], char text[2 * NT_DIGEST + 1]);
/** Combine samples->digest into samples->hash (nt_samples_read). Parallel: Collective on ctx. */
nt_status nt_samples_hash(nt_samples *samples) NT_WARN_UNUSED;

#endif
