/*
 * A connection to a relay, logged in and ready for MAIL: the seam between the SMTP session and the network.
 *
 * smtp_wire_curl() lets libcurl connect (DNS, TCP, STARTTLS or TLS, EHLO, AUTH) and then hands out the connection's raw
 * send and recv; smtp_wire.c is the one file that knows how. Unit tests and simulations give a `struct smtp_wire_ops`
 * of their own. Called by smtp_session.c only.
 *
 * Security, kept by smtp_wire_curl: where TLS is spoken the certificate and the host's name are verified (TLS 1.2 at
 * least), against ca_file alone when given, else against the system's list. A password makes TLS required, whatever
 * `tls` says, and is sent only after TLS; the one exception is `tls = none` to a loopback host. A login that was asked
 * for and did not happen is a failure, also when the server did not offer one. Neither proxies nor credentials are
 * taken from the environment.
 *
 * Ownership: the config is borrowed until close. Threads: the loop's only. No event comes from inside a call down.
 */
#ifndef GB_DELIVER_SMTP_WIRE_H
#define GB_DELIVER_SMTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct outcome;

/* identifier, word in the configuration */
#define SMTP_TLS_MAP(X)                                                                \
    X(REQUIRED, "required")           /* STARTTLS or smtps, or no mail */              \
    X(OPPORTUNISTIC, "opportunistic") /* STARTTLS if offered; verified all the same */ \
    X(NONE, "none")                   /* never */

enum smtp_tls {
#define SMTP_TLS_ENUM(id, word) SMTP_TLS_##id,
    SMTP_TLS_MAP(SMTP_TLS_ENUM)
#undef SMTP_TLS_ENUM
};

struct smtp_wire_config {
    const char *url;      /* smtp://host[:port] or smtps://host[:port], nothing after it */
    enum smtp_tls tls;    /* smtps is TLS whatever this says */
    const char *ca_file;  /* PEM; NULL = the system's */
    const char *username; /* NULL = no login */
    const char *password; /* with username */
    const char *helo;     /* the name in EHLO: a host name or address literal */
    int64_t connect_ms;   /* > 0; from DNS to the end of AUTH */
};

/* What the server's last EHLO reply offered. */
struct smtp_caps {
    bool pipelining;
    bool size;
    bool smtputf8;
    bool eightbitmime;
    bool auth;
    bool starttls;
    bool tls; /* the connection is encrypted */
};

struct smtp_wire_events {
    void (*on_open)(const struct smtp_caps *caps, void *ctx);
    void (*on_fail)(const struct outcome *why, void *ctx); /* instead of on_open; close is still to be called */
    void (*on_io)(void *ctx);                              /* readable, or writable while watched for it */
};

struct smtp_wire;

struct smtp_wire_ops {
    /* Begins to connect. `net` is what the kind of wire needs (smtp_wire_curl: struct curl_loop *). Never NULL; a
     * config that cannot work comes as on_fail. */
    struct smtp_wire *(*open)(void *net, const struct smtp_wire_config *config, const struct smtp_wire_events *events,
                              void *ctx);
    /* Bytes taken (> 0), UV_EAGAIN (offer the same bytes at the same address again), or another negative code. */
    long (*send)(struct smtp_wire *w, const char *data, size_t n);
    /* Bytes (> 0), 0 at the end of the stream, UV_EAGAIN, or another negative code. Read until UV_EAGAIN: TLS may hold
     * bytes that no poll reports. */
    long (*recv)(struct smtp_wire *w, char *data, size_t n);
    /* on_io also when writable? Readable is always watched. */
    void (*want_write)(struct smtp_wire *w, bool on);
    /* In any phase. No event comes after; the memory goes when the loop has turned. Never blocks, says no QUIT. */
    void (*close)(struct smtp_wire *w);
};

const struct smtp_wire_ops *smtp_wire_curl(void);

/* Can this configuration work? 0, or ERR_CONFIG and words for the one who wrote it. Also used by open. */
int smtp_wire_check(const struct smtp_wire_config *config, struct err *err);

#endif
