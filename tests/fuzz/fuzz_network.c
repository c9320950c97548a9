/** The network language under libFuzzer: any bytes are a network or an error, and a network prints
 * to a text that reads back to the same. */
#include "nt/stax.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No recovery: what is found is to be looked at. */
static void check(bool holds, const char *what, const char *text)
{
  if (holds) return;
  fprintf(stderr, "%s:\n%s\n", what, text);
  abort();
}

static void round_trip(const nt_layer *layer)
{
  nt_error err = {0};
  nt_layer *again = NULL;
  char *first = NULL, *second = NULL;
  check(nt_layer_text(&err, layer, &first) == NT_OK, "it does not print", err.message);
  check(nt_network_parse(&err, first, "printed", &again) == NT_OK, err.message, first);
  check(nt_layer_text(&err, again, &second) == NT_OK, "it does not print again", first);
  check(strcmp(first, second) == 0, second, first);
  free(first);
  free(second);
  nt_layer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  nt_error err = {0};
  nt_layer *layer = NULL;
  char *const text = malloc(size + 1);
  if (text == NULL) return 0;
  memcpy(text, data, size);
  text[size] = '\0';
  const nt_status status = nt_network_parse(&err, text, "fuzz", &layer);
  check((status == NT_OK) == (layer != NULL), "a status that does not fit", text);
  check(status == NT_OK || err.message[0] != '\0', "an error without a message", text);
  if (layer != NULL) round_trip(layer);
  nt_layer_release(&layer);
  free(text);
  return 0;
}
