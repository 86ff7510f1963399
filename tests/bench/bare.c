/* The limit that /predict is measured against: libmicrohttpd, cJSON and a softmax, and nothing else.
 * No checks, no metrics, no drift, no store. Same requests, same answers: /predict/batch as such,
 * anything else as /predict. Usage: bare PORT THREADS */

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 4096 /* a batch of 40 tickets */

struct exchange {
    size_t len;
    char body[BODY_MAX];
};

static const char *const names[] = {"ticket_length", "urgency_keywords", "business_impact",
                                    "customer_tier"};
static const char *const classes[] = {"Low", "Medium", "High"};
static const double mean[] = {120, 2, 5, 3}, scale[] = {40, 1.4, 2, 1};
static const double coef[3][4] = {{-2, -2, -3, -2}, {0, 0, 0, 0}, {2, 2, 3, 2}};
static const double intercept[] = {0, 2, 0};

static void predict(const cJSON *in, cJSON *out)
{
    cJSON *shares;
    double z[3], sum = 0;
    int best = 0;

    for (int c = 0; c < 3; c++) {
        z[c] = intercept[c];
        for (int f = 0; f < 4; f++) {
            const cJSON *item = cJSON_GetObjectItemCaseSensitive(in, names[f]);

            z[c] += coef[c][f] * ((item ? item->valuedouble : 0) - mean[f]) / scale[f];
        }
        if (z[c] > z[best])
            best = c;
    }
    for (int c = 0; c < 3; c++)
        sum += exp(z[c] - z[best]);
    cJSON_AddStringToObject(out, "severity", classes[best]);
    cJSON_AddNumberToObject(out, "severity_code", best);
    cJSON_AddNumberToObject(out, "confidence", 1 / sum);
    shares = cJSON_AddObjectToObject(out, "probabilities");
    for (int c = 0; c < 3; c++)
        cJSON_AddNumberToObject(shares, classes[c], exp(z[c] - z[best]) / sum);
    cJSON_AddStringToObject(out, "prediction_id", "000006445e2f5a3c0001e0ff00112233445566");
}

static void predict_rows(const cJSON *rows, cJSON *predictions)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        cJSON *prediction = cJSON_CreateObject();

        predict(row, prediction);
        cJSON_AddItemToArray(predictions, prediction);
    }
}

static char *answer(const char *url, const char *body)
{
    cJSON *in = cJSON_Parse(body), *out = cJSON_CreateObject();
    char *text;

    if (strcmp(url, "/predict/batch") == 0)
        predict_rows(cJSON_GetObjectItemCaseSensitive(in, "rows"),
                     cJSON_AddArrayToObject(out, "predictions"));
    else
        predict(in, out);
    cJSON_AddStringToObject(out, "model_version", "2026-11-23.00000000");
    cJSON_AddNumberToObject(out, "processing_time_ms", 0.02);
    text = cJSON_PrintUnformatted(out);
    cJSON_Delete(in);
    cJSON_Delete(out);
    return text;
}

static enum MHD_Result on_request(void *cls,
                                  struct MHD_Connection *connection,
                                  const char *url,
                                  const char *method,
                                  const char *version,
                                  const char *data,
                                  size_t *size,
                                  void **con_cls)
{
    struct exchange *x = *con_cls;
    struct MHD_Response *response;
    enum MHD_Result result;
    char *text;

    (void)cls, (void)method, (void)version;
    if (!x)
        return (*con_cls = calloc(1, sizeof(*x))) ? MHD_YES : MHD_NO;
    if (*size > 0) {
        if (x->len + *size >= BODY_MAX)
            return MHD_NO;
        memcpy(x->body + x->len, data, *size);
        x->len += *size;
        *size = 0;
        return MHD_YES;
    }
    text = answer(url, x->body);
    response = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

static void on_completed(void *cls,
                         struct MHD_Connection *connection,
                         void **con_cls,
                         enum MHD_RequestTerminationCode code)
{
    (void)cls, (void)connection, (void)code;
    free(*con_cls);
}

int main(int argc, char **argv)
{
    unsigned port = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    unsigned threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 2;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct MHD_Daemon *daemon;
    sigset_t signals;
    int caught;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &signals, NULL);
    daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, (uint16_t)port, NULL, NULL, on_request,
                              NULL, MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0,
                              MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT, 2048,
                              MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    if (!daemon)
        return 1;
    (void)sigwait(&signals, &caught);
    MHD_stop_daemon(daemon);
    return 0;
}
