#include "server/http/certificate.h"

#include "common/alloc.h"
#include "common/file.h"
#include "common/hash.h"
#include "common/secret_file.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdatomic.h>
#include <string.h>

#define FILE_MAX_BYTES (64U << 10)
#define CHAIN_MAX      8

/* Never changed once it is current. Older ones are kept for handshakes under way: a few kilobytes for each
 * renewal. */
struct certificate {
    uint8_t sha256[2][HASH_SHA256_SIZE]; /* of the two files */
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned n_chain;
    gnutls_privkey_t key;
    int64_t expires_at_ms;
    struct certificate *older; /* owned */
};

static struct certificate *_Atomic current;

static void certificate_free(struct certificate *certificate)
{
    for (unsigned i = 0; i < certificate->n_chain; i++)
        gnutls_pcert_deinit(&certificate->chain[i]);
    gnutls_privkey_deinit(certificate->key); /* overwrites it */
    free(certificate);
}

DEFINE_CLEANUP(struct certificate *, certificate_free);

/* The texts of the two files, for as long as they are read. */
struct pem {
    char *chain, *key;
    gnutls_datum_t chain_datum, key_datum;
};

static void pem_finish(struct pem *pem)
{
    free(pem->chain);
    secret_file_free(pem->key);
}

static int read_files(const char *certificate_file,
                      const char *key_file,
                      struct pem *pem,
                      struct tw_error *err)
{
    const struct secret_file key = {key_file, "key", SECRET_FILE_GROUP, FILE_MAX_BYTES};
    size_t len;

    if (file_read(certificate_file, FILE_MAX_BYTES, &pem->chain, &len, err) < 0)
        return -1;
    pem->chain_datum = (gnutls_datum_t){(unsigned char *)pem->chain, (unsigned)len};
    if (secret_file_read(&key, &pem->key, NULL, err) < 0)
        return -1;
    pem->key_datum = (gnutls_datum_t){(unsigned char *)pem->key, (unsigned)strlen(pem->key)};
    return 0;
}

/* Whether the key is the certificate's: GnuTLS looks when both go into one set of credentials. */
static int check_pair(const struct pem *pem)
{
    gnutls_certificate_credentials_t scratch;
    int code = gnutls_certificate_allocate_credentials(&scratch);

    if (code < 0)
        return code;
    code = gnutls_certificate_set_x509_key_mem2(scratch, &pem->chain_datum, &pem->key_datum,
                                                GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_certificate_free_credentials(scratch);
    return code;
}

static int read_expiry(struct certificate *certificate)
{
    gnutls_x509_crt_t leaf;
    int code = gnutls_pcert_export_x509(&certificate->chain[0], &leaf);

    if (code < 0)
        return code;
    certificate->expires_at_ms = (int64_t)gnutls_x509_crt_get_expiration_time(leaf) * 1000;
    gnutls_x509_crt_deinit(leaf);
    return 0;
}

static int fill(struct certificate *certificate, const struct pem *pem)
{
    unsigned n_chain = CHAIN_MAX;
    int code = gnutls_privkey_init(&certificate->key);

    if (code >= 0)
        code = gnutls_pcert_list_import_x509_raw(certificate->chain, &n_chain, &pem->chain_datum,
                                                 GNUTLS_X509_FMT_PEM, 0);
    if (code < 0)
        return code;
    certificate->n_chain = n_chain;
    code = gnutls_privkey_import_x509_raw(certificate->key, &pem->key_datum, GNUTLS_X509_FMT_PEM,
                                          NULL, 0);
    if (code >= 0)
        code = read_expiry(certificate);
    return code >= 0 ? check_pair(pem) : code;
}

int certificate_load(const char *certificate_file,
                     const char *key_file,
                     bool *ret_is_new,
                     struct tw_error *err)
{
    CLEANUP(certificate_freep) struct certificate *certificate = xcalloc(1, sizeof(*certificate));
    CLEANUP(pem_finish) struct pem pem = {0};
    struct certificate *former = current;
    int code;

    if (read_files(certificate_file, key_file, &pem, err) < 0)
        return -1;
    hash_sha256(pem.chain, pem.chain_datum.size, certificate->sha256[0]);
    hash_sha256(pem.key, pem.key_datum.size, certificate->sha256[1]);
    *ret_is_new =
        !former || memcmp(former->sha256, certificate->sha256, sizeof(former->sha256)) != 0;
    if (!*ret_is_new)
        return 0;
    code = fill(certificate, &pem);
    if (code < 0)
        return tw_fail(err, TW_INVALID, "certificate '%.60s' with key '%.60s': %s",
                       certificate_file, key_file, gnutls_strerror(code));
    certificate->older = former;
    current = TAKE(certificate);
    return 0;
}

void certificate_unload(void)
{
    struct certificate *certificate = current;

    current = NULL;
    while (certificate) {
        struct certificate *older = certificate->older;

        certificate_free(certificate);
        certificate = older;
    }
}

int64_t certificate_expires_at_ms(void)
{
    const struct certificate *certificate = current;

    return certificate ? certificate->expires_at_ms : 0;
}

/* Without GNUTLS_CERT_RETR_DEINIT_ALL what is handed over stays ours. */
// NOLINTNEXTLINE(readability-function-size): the library sets the parameters
static int retrieve(gnutls_session_t session,
                    const struct gnutls_cert_retr_st *info,
                    gnutls_pcert_st **ret_chain,
                    unsigned int *ret_n_chain,
                    gnutls_ocsp_data_st **ret_ocsp,
                    unsigned int *ret_n_ocsp,
                    gnutls_privkey_t *ret_key,
                    unsigned int *ret_flags)
{
    struct certificate *certificate = current;

    (void)session;
    (void)info;
    if (!certificate)
        return -1;
    *ret_chain = certificate->chain;
    *ret_n_chain = certificate->n_chain;
    *ret_ocsp = NULL;
    *ret_n_ocsp = 0;
    *ret_key = certificate->key;
    *ret_flags = 0;
    return 0;
}

void *certificate_callback(void)
{
    /* As the library takes it: one variable argument among others. */
    gnutls_certificate_retrieve_function3 *function = retrieve;
    void *as_argument;

    memcpy(&as_argument, &function, sizeof(as_argument));
    return as_argument;
}
