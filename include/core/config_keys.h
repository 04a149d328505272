/*
 * Every key of grannbud.conf, once: the struct of each section, parsing, defaults, limits,
 * the reload rules and the test of conf/grannbud.conf are all made from these tables.
 *
 * X(section, key, field, type, default, min, max, apply, help)
 *   field    the member of struct config_SECTION; its unit is in the name
 *   type     of CONFIG_TYPE_MAP (core/config_value.h); says the C type and the parser
 *   default  as it would stand in the file; "" is none; NULL makes the key required
 *   min, max of numbers, seconds, bytes; of the length in bytes for TEXT
 *   apply    LIVE: SIGHUP is enough; RESTART: the daemon must be started anew
 *   help     a noun phrase, completes "write ..."
 *
 * A new key is one line here and its explanation in conf/grannbud.conf.
 */
#ifndef GB_CORE_CONFIG_KEYS_H
#define GB_CORE_CONFIG_KEYS_H

/* clang-format off */
#define CONFIG_NODE(X) \
    X(node, timezone, timezone, ZONE, "Europe/Stockholm", 0, 0, RESTART, "the IANA time zone of the calendar") \
    X(node, base_url, base_url, BASE_URL, NULL, 0, 0, RESTART, \
      "the public address of the web pages, e.g. https://grannbud.kommun.example") \
    X(node, name, name, TEXT, "Grannbud", 1, 100, RESTART, "the name of this installation")

#define CONFIG_STORE(X) \
    X(store, url, url, STORE_URL, "sqlite:/var/lib/grannbud/grannbud.db", 0, 0, RESTART, "where the store is")

#define CONFIG_LISTEN(X) \
    X(listen, socket, socket, SOCKET, "/run/grannbud/api.sock", 0, 0, RESTART, "the path of the local socket") \
    X(listen, http, http, LISTEN, "127.0.0.1:8080", 0, 0, RESTART, "host:port of the web server, or off") \
    X(listen, allowed_hosts, allowed_hosts, HOSTS, "", 0, 32, RESTART, "host names that a request may ask for")

#define CONFIG_SENDER(X) \
    X(sender, from, from, ADDRESS, NULL, 0, 0, RESTART, \
      "the address that letters come from, e.g. grannsamverkan@kommun.example") \
    X(sender, from_name, from_name, TEXT, "", 0, 100, RESTART, "the name shown beside the address") \
    X(sender, envelope_domain, envelope_domain, DOMAIN, "", 0, 0, RESTART, "the domain that bounces return to") \
    X(sender, reply_to, reply_to, ADDRESS, "", 0, 0, RESTART, "the address that answers go to") \
    X(sender, organisation, organisation, TEXT, "", 0, 100, RESTART, "who is responsible for the letters") \
    X(sender, list_domain, list_domain, DOMAIN, "", 0, 0, RESTART, "the domain of List-Id")

#define CONFIG_RELAY(X) \
    X(relay, url, url, RELAY_URL, NULL, 0, 0, LIVE, "the mail server, e.g. smtp://relay.kommun.example:587") \
    X(relay, tls, tls, TLS, "required", 0, 0, LIVE, "required, opportunistic or none") \
    X(relay, ca_file, ca_file, FILE, "", 0, 0, LIVE, "a PEM file of the certificate authority") \
    X(relay, username, username, TEXT, "", 0, 255, LIVE, "the login name") \
    X(relay, password_file, password_file, FILE, "", 0, 0, LIVE, "the file with the password") \
    X(relay, connections, connections, INT, "8", 1, 200, LIVE, "how many connections at most") \
    X(relay, reserved_for_alerts, reserved_for_alerts, INT, "1", 0, 200, LIVE, \
      "how many connections are kept for alerts") \
    X(relay, alert_recipients, alert_recipients, INT, "1", 1, 100, LIVE, \
      "how many recipients of an alert share a transaction at most") \
    X(relay, priority, priority, INT, "10", 1, 100, LIVE, "the rank; the lowest that works is used") \
    X(relay, weight, weight, INT, "1", 1, 100, LIVE, "the share among relays of the same priority") \
    X(relay, rate_per_minute, rate_per_minute, INT, "0", 0, 1000000, LIVE, \
      "how many letters a minute at most, 0 for no limit") \
    X(relay, max_messages_per_connection, max_messages_per_connection, INT, "100", 0, 100000, LIVE, \
      "how many letters before reconnecting, 0 for no limit") \
    X(relay, helo, helo, DOMAIN, "", 0, 0, LIVE, "the name given in EHLO") \
    X(relay, connect_timeout, connect_timeout_s, DURATION, "30s", 1, 600, LIVE, \
      "how long connecting, TLS and login may take") \
    X(relay, reply_timeout, reply_timeout_s, DURATION, "5m", 1, 3600, LIVE, "how long a reply may take") \
    X(relay, final_timeout, final_timeout_s, DURATION, "10m", 1, 3600, LIVE, \
      "how long the reply after a whole letter may take") \
    X(relay, idle_timeout, idle_timeout_s, DURATION, "30s", 1, 600, LIVE, "how long an unused connection is kept")

#define CONFIG_LIMITS(X) \
    X(limits, per_domain_connections, per_domain_connections, INT, "0", 0, 1000, LIVE, \
      "how many connections at once for one recipient domain, 0 for no fixed limit") \
    X(limits, per_domain_per_minute, per_domain_per_minute, INT, "0", 0, 1000000, LIVE, \
      "how many letters a minute to one recipient domain, 0 for no limit") \
    X(limits, expand_chunk, expand_chunk, INT, "2000", 100, 20000, LIVE, \
      "how many recipients are entered in the ledger at once") \
    X(limits, http_connections, http_connections, INT, "512", 8, 16384, LIVE, "how many web connections at once") \
    X(limits, http_body_bytes, http_body_bytes, SIZE, "1M", 65536, 16777216, LIVE, "the largest request body") \
    X(limits, import_bytes, import_bytes, SIZE, "20M", 65536, 268435456, LIVE, "the largest register file") \
    X(limits, bounce_bytes, bounce_bytes, SIZE, "2M", 65536, 67108864, LIVE, "the largest returned mail")

#define CONFIG_LETTER(X) \
    X(letter, remind_day, remind_day, INT, "20", 0, 28, LIVE, "the day of the month before, 0 for none") \
    X(letter, remind_days, remind_days, DAYS, "3,1", 1, 28, LIVE, "numbers of days before the due day") \
    X(letter, remind_time, remind_time_min, TIME, "09:00", 0, 0, LIVE, "the time of day of reminders") \
    X(letter, late_send_max_days, late_send_max_days, INT, "7", 0, 60, LIVE, "how many days late a letter may go out") \
    X(letter, retry_max_age, retry_max_age_s, DURATION, "3d", 3600, 1209600, LIVE, "how long a delivery is tried") \
    X(letter, retry_first, retry_first_s, DURATION, "5m", 1, 86400, LIVE, "the wait before the second attempt") \
    X(letter, retry_max, retry_max_s, DURATION, "67m", 1, 86400, LIVE, "the longest wait between attempts") \
    X(letter, link_hosts, link_hosts, HOSTS, "polisen.se, www.polisen.se", 0, 64, LIVE, \
      "hosts that letters may link to") \
    X(letter, classification, classification, CLASSIFICATION, "ombud_and_households", 0, 0, LIVE, \
      "public, ombud_and_households or ombud_only")

#define CONFIG_ALERT(X) \
    X(alert, default_expiry, default_expiry_s, DURATION, "24h", 300, 2592000, LIVE, "how long an alert is valid") \
    X(alert, confirm_above_recipients, confirm_above_recipients, INT, "500", 0, 10000000, LIVE, \
      "the number of recipients above which the sender must confirm") \
    X(alert, quiet_hours, quiet_hours, HOURS, "22:00-07:00", 0, 0, LIVE, "HH:MM-HH:MM, or none") \
    X(alert, per_sender_per_hour, per_sender_per_hour, INT, "60", 0, 10000, LIVE, \
      "how many alerts one person may send in an hour, 0 for no limit")

#define CONFIG_WEBHOOK(X) \
    X(webhook, allow_private, allow_private, YESNO, "no", 0, 0, LIVE, "yes or no") \
    X(webhook, allow_http, allow_http, YESNO, "no", 0, 0, LIVE, "yes or no") \
    X(webhook, timeout, timeout_s, DURATION, "20s", 1, 60, LIVE, "how long a receiver may take") \
    X(webhook, ca_file, ca_file, FILE, "", 0, 0, LIVE, "a PEM file of the certificate authority")

#define CONFIG_INBOUND(X) \
    X(inbound, imap_url, imap_url, IMAP_URL, "", 0, 0, RESTART, "the mailbox, e.g. imaps://mail.kommun.example/INBOX") \
    X(inbound, username, username, TEXT, "", 0, 255, RESTART, "the login name") \
    X(inbound, password_file, password_file, FILE, "", 0, 0, RESTART, "the file with the password") \
    X(inbound, poll_interval, poll_interval_s, DURATION, "60s", 10, 86400, RESTART, "how often the mailbox is read")

#define CONFIG_VMA(X) \
    X(vma, url, url, SOURCE_URL, "", 0, 0, LIVE, "the address of the warnings, e.g. https://vmaapi.sr.se/api/v3/alerts") \
    X(vma, municipalities, municipalities, CODES, "", 0, 300, LIVE, "numbers of municipalities or counties, e.g. 1292, 1257") \
    X(vma, poll_interval, poll_interval_s, DURATION, "60s", 30, 3600, LIVE, "how often it is asked")

#define CONFIG_POLICE_EVENTS(X) \
    X(police_events, url, url, SOURCE_URL, "", 0, 0, LIVE, "the address of the events, e.g. https://polisen.se/api/events") \
    X(police_events, contact, contact, TEXT, "", 0, 200, LIVE, \
      "whom the police can reach about the calls: a mail address or the address of a page") \
    X(police_events, municipalities, municipalities, CODES, "", 0, 300, LIVE, \
      "numbers of municipalities or counties, e.g. 1292, 1257") \
    X(police_events, poll_interval, poll_interval_s, DURATION, "15m", 10, 86400, LIVE, "how often it is asked")

#define CONFIG_LOG(X) \
    X(log, level, level, LEVEL, "info", 0, 0, LIVE, "error, warning, notice, info or debug") \
    X(log, format, format, FORMAT, "journal", 0, 0, LIVE, "journal, text or json")

/* The sections of which there is one; [relay NAME] may stand several times. */
#define CONFIG_SECTION_MAP(S, X) \
    S(node, CONFIG_NODE, X) S(store, CONFIG_STORE, X) S(listen, CONFIG_LISTEN, X) S(sender, CONFIG_SENDER, X) \
    S(limits, CONFIG_LIMITS, X) S(letter, CONFIG_LETTER, X) S(alert, CONFIG_ALERT, X) S(webhook, CONFIG_WEBHOOK, X) \
    S(inbound, CONFIG_INBOUND, X) S(vma, CONFIG_VMA, X) S(police_events, CONFIG_POLICE_EVENTS, X) \
    S(log, CONFIG_LOG, X)
/* clang-format on */

#endif
