#include "io/hash.h"

#include "base/check.h"
#include "base/memory.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nt_status nt_sha256(nt_error *err, const void *bytes, int64_t n, unsigned char digest[NT_DIGEST])
{
  nt_status status = NT_OK;
  NT_CHECK(EVP_Digest(bytes, (size_t)n, digest, NULL, EVP_sha256(), NULL) == 1, err,
           NT_ERR_INTERNAL, "libcrypto cannot compute SHA-256");
done:
  return status;
}

void nt_sha256_text(const unsigned char digest[NT_DIGEST], char text[2 * NT_DIGEST + 1])
{
  for (int i = 0; i < NT_DIGEST; i++)
    (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

/* Digests of this rank's home blocks, over those of their samples. */
static nt_status hash_blocks(nt_error *err, const nt_samples *s, unsigned char *blocks)
{
  nt_status status = NT_OK;
  for (int64_t l = 0; l < s->local_n; l += NT_SAMPLE_BLOCK) {
    const int64_t n = s->local_n - l < NT_SAMPLE_BLOCK ? s->local_n - l : NT_SAMPLE_BLOCK;
    NT_TRY(nt_sha256(err, s->digest + l * NT_DIGEST, n * NT_DIGEST,
                     blocks + l / NT_SAMPLE_BLOCK * NT_DIGEST));
  }
done:
  return status;
}

/* Rank 0: title, shape, and the digests of all blocks in index order. */
static nt_status hash_all(nt_error *err, const nt_samples *s, int64_t blocks, int64_t per_rank,
                          const unsigned char *gathered, char hash[65])
{
  nt_status status = NT_OK;
  const int size = nt_ctx_size(s->ctx);
  unsigned char digest[NT_DIGEST];
  void *memory = NULL;
  char shape[256];
  NT_TRY(nt_alloc(err, 512 + blocks * NT_DIGEST, 1, "a hash", &memory));
  unsigned char *const text = memory;
  int64_t used =
      snprintf(memory, 512, "ntmpi samples 1\n%s\n", nt_shape_text(&s->shape, shape, sizeof shape));
  for (int64_t b = 0; b < blocks; b++, used += NT_DIGEST)
    memcpy(text + used, gathered + (b % size * per_rank + b / size) * NT_DIGEST, NT_DIGEST);
  NT_TRY(nt_sha256(err, text, used, digest));
  nt_sha256_text(digest, hash);
done:
  free(memory);
  return status;
}

nt_status nt_samples_hash(nt_samples *s)
{
  nt_status status = NT_OK;
  nt_ctx *const ctx = s->ctx;
  nt_error *const err = nt_ctx_error(ctx);
  const int size = nt_ctx_size(ctx), root = nt_ctx_rank(ctx) == 0;
  const int64_t blocks = (s->n + NT_SAMPLE_BLOCK - 1) / NT_SAMPLE_BLOCK;
  const int64_t per_rank = (blocks + size - 1) / size;
  void *mine = NULL, *all = NULL;
  NT_TRY_ALL(ctx, nt_calloc(err, per_rank, NT_DIGEST, "a hash", &mine));
  NT_TRY_ALL(ctx, nt_alloc(err, root ? per_rank * size : 0, NT_DIGEST, "a hash", &all));
  NT_TRY_ALL(ctx, hash_blocks(err, s, mine));
  const int bytes = (int)(per_rank * NT_DIGEST);
  NT_TRY_MPI(ctx, MPI_Gather(mine, bytes, MPI_BYTE, all, bytes, MPI_BYTE, 0, nt_ctx_comm(ctx)));
  if (root) status = hash_all(err, s, blocks, per_rank, all, s->hash);
  NT_TRY_ALL(ctx, status);
  NT_TRY_MPI(ctx, MPI_Bcast(s->hash, (int)sizeof s->hash, MPI_CHAR, 0, nt_ctx_comm(ctx)));
done:
  free(mine);
  free(all);
  return status;
}
