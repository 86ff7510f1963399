#ifndef TW_LLM_SAFETENSORS_H
#define TW_LLM_SAFETENSORS_H

/* The safetensors format: 8 bytes of header length (little endian), a JSON object that names each tensor's
 * type, shape and place, then the numbers. Everything the header says is checked against the file before
 * anything is pointed to. Pure: the bytes are the caller's, usually a mapped_file. */

#include "common/error.h"

#include <stddef.h>

struct safetensors;

#define SAFETENSORS_HEADER_MAX ((size_t)256 << 10) /* bytes of JSON */
#define SAFETENSORS_DIMS_MAX   8

/* Reads the header of a whole file. Borrows bytes, which must outlive the result. TW_INVALID unless all
 * names, types, shapes and offsets are sound and the tensors cover the data without gap or overlap. */
int safetensors_parse(const void *bytes,
                      size_t len,
                      struct safetensors **ret_tensors,
                      struct tw_error *err) MUST_CHECK;
void safetensors_free(struct safetensors *tensors); /* NULL is fine */
DEFINE_CLEANUP(struct safetensors *, safetensors_free);

size_t safetensors_count(const struct safetensors *tensors);

/* The numbers of the float32 tensor of that name and n_rows x n_columns (n_rows 0: one dimension of
 * n_columns), row after row, within the bytes. TW_INVALID: there is none, it has another type or shape, or it
 * is not aligned. */
int safetensors_find(const struct safetensors *tensors,
                     const char *name,
                     size_t n_rows,
                     size_t n_columns,
                     const float **ret_numbers,
                     struct tw_error *err) MUST_CHECK;

#endif
