#ifndef TW_SESSION_H
#define TW_SESSION_H

/* What every command works with: the settings, a fetcher, where output goes. Made by main. */

#include "common/fetch.h"
#include "tui/draw/page.h"
#include "tui/poll/access.h"
#include "tui/poll/config.h"
#include "tui/poll/player.h"
#include "tui/poll/recorder.h"

#include <stdbool.h>

enum exit_code {
    EXIT_CODE_OK = 0,
    EXIT_CODE_FAILED = 1,      /* the server refused, or the alert did not fire */
    EXIT_CODE_UNREACHABLE = 3, /* no answer, or none that makes sense */
    EXIT_CODE_INCOMPLETE = 4,  /* the question was not answered, or a triage lacks the LLM's part */
    EXIT_CODE_USAGE = 64,      /* EX_USAGE of sysexits.h: clear of --once's 0 to 3 */
    EXIT_CODE_CONFIG = 78,     /* EX_CONFIG */
    EXIT_CODE_INTERRUPTED = 130,
};

struct session {
    /* As the program was called; borrowed for its life. */
    struct config_environment env; /* its context: the one that is open; borrowed of config */
    const char *config_file;       /* NULL: the usual one */
    int n_flags;                   /* settings */
    const char *const *flags;
    const char *first_context; /* NULL: none */

    struct config config;
    struct fetcher *fetcher;
    struct access access;        /* what the servers are shown */
    bool may_act;                /* there is an operator token, or a login at the operations API */
    struct tw_error token_error; /* why not */
    struct page_style style;     /* of stdout */
    struct recorder *recorder;   /* of what the console and its one look are answered; NULL: none */
    struct player *player;       /* answers them in place of the network; NULL: none */
    bool is_terminal;            /* stdout */
};

#define SESSION_REPLY_MAX      ((size_t)1 << 20)
#define SESSION_ALERTS_MAX     ((size_t)2 << 20) /* some thousand alerts */
#define SESSION_QUERY_FORM_MAX 16384

/* Another session as `from`, with the settings and tokens read anew for that context, or for none (NULL). The
 * servers and tokens that flags name are those of the context with which the program was called; another one
 * goes without them. TW_INVALID, TW_NOT_FOUND or TW_BROKEN: file, line and reason, and ret_session is as it
 * was. Both share what is no setting; only one of them may be used on. */
int session_read(const struct session *from,
                 const char *context,
                 struct session *ret_session,
                 struct tw_error *err) MUST_CHECK;

/* Frees what session_read has read; zeroed is fine. */
void session_finish(struct session *session);

/* Do both ask the same servers with the same tokens? */
bool session_asks_alike(const struct session *a, const struct session *b);

/* Unix ms: now, or the recording's time. */
int64_t session_now_ms(const struct session *session);

/* base and path together, owned. */
char *session_url(const char *base, const char *path);

/* The URL of one item of a list of the operations API, owned: "7" or "#7" of "/simulations". NULL when operand
 * is no id. */
char *session_item_url(const struct session *session, const char *list, const char *operand);

/* For a request that must not act twice when it is sent twice. 0, or the exit code after saying why. */
#define SESSION_KEY_SIZE 33
int session_make_key(char out[SESSION_KEY_SIZE]);

/* A URL for people: without what stands before an '@', which may be a password. Owned. */
char *session_url_shown(const char *url);

/* One exchange with one of tidewatchd's APIs, with what it is shown, within client.timeout unless
 * the request says otherwise. A timed out request is repeated once if may_repeat: the server knows it
 * again by its key. */
void session_ask(struct session *session,
                 const struct fetch_request *request,
                 bool may_repeat,
                 struct fetch_reply *ret_reply);

/* Says on stderr what went wrong, field by field where the server told; returns the exit code. */
int session_fail(const char *doing, const struct fetch_reply *reply, const struct tw_error *err);

/* The token is needed: says on stderr why there is none. 0, or the exit code. */
int session_need_token(const struct session *session);

/* Writes out to stdout. 0, or EXIT_CODE_FAILED: the reader is gone, or the disk is full. */
int session_put(const struct buffer *out);

/* As session_put, of a server's JSON, with what could act on a terminal escaped, and a newline. */
int session_put_json(const char *json, size_t len);

#endif
