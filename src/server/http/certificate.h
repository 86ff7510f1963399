#ifndef TW_HTTP_CERTIFICATE_H
#define TW_HTTP_CERTIFICATE_H

/* The certificate that every TLS listener of this process shows, and its key. One for the process: the library's
 * question for it names no listener. The only includer of GnuTLS. Loaded and reloaded by one thread; a handshake,
 * on any listener's, takes what was loaded last, without a lock. */

#include "common/error.h"

#include <stdbool.h>
#include <stdint.h>

/* TLS 1.3 and 1.2, with forward secrecy and authenticated encryption alone; in GnuTLS's words. */
#define CERTIFICATE_PRIORITIES                                                                     \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-MAC-ALL:+AEAD"

/* Both are PEM; the certificate's file may hold the chain that leads from it. The key's must be a regular file
 * that its owner, and at most its group, can read. What is wrong leaves the one before in place, which handshakes
 * under way go on with until certificate_unload anyway. TW_INVALID, or what reading a file
 * gives. *ret_is_new: it is another than before. */
int certificate_load(const char *certificate_file,
                     const char *key_file,
                     bool *ret_is_new,
                     struct tw_error *err) MUST_CHECK;

/* When the listeners are stopped. */
void certificate_unload(void);

int64_t certificate_expires_at_ms(void); /* Unix time; 0: none is loaded */

/* For MHD_OPTION_HTTPS_CERT_CALLBACK2: a gnutls_certificate_retrieve_function3. */
void *certificate_callback(void);

#endif
