#!/usr/bin/python3
"""Writes conf/openapi.json from the tables of routes and what their handlers read.

    tests/lib/tools/openapi.py > conf/openapi.json

The source is daemon/http: each route's line in its table, and in its handler (and the static functions that the
handler calls) the names given to api_query_only() and api_body_only(), which is where unknown ones are refused.
tests/unit/http/test_openapi.c holds the file against the tables, both ways.
"""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[3]
HTTP = ROOT / "daemon" / "http"

ROUTE = re.compile(r"\{HTTP_METHOD_(\w+),\s*\"([^\"]+)\",\s*API_(READ_THEN_WRITE|PLAN_THEN_WRITE|READ|WRITE),\s*(\w+),\s*API_(\w+),\s*(\w+),"
                   r"\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)\}")
FUNCTION = re.compile(r"^(?:static )?(?:inline )?(?:const )?[\w ]+[ *](\w+)\([^;{]*\)\n\{\n(.*?)^\}", re.S | re.M)
TEXT = r"((?:\"(?:[^\"\\]|\\.)*\"\s*)+)"

# What a member is, when it is no text. null clears a field, see http/api.h.
INTEGER = {"household_count", "households_joined", "sign_count", "trained_year", "uid", "confirm_recipients"}
BOOLEAN = {"dry_run", "working_day", "covers_previous", "trained", "protected", "exercise", "life_danger", "second_person"}
TIME = {"at", "expires", "expires_at", "starts_at", "ends_at"}
QUERY_INTEGER = {"limit", "days", "days_back"}
QUERY_BOOLEAN = {"dry_run"}
REQUIRED = {
    "POST /api/v1/group": ["municipality", "name"],
    "POST /api/v1/group/{id}/state": ["state"],
    "POST /api/v1/contact": ["group", "name"],
    "POST /api/v1/series": ["name", "scope", "rrule", "time"],
    "POST /api/v1/meeting": ["title", "scope", "starts_at"],
    "POST /api/v1/letter": ["source"],
    "PUT /api/v1/letter/{id}": ["source"],
    "POST /api/v1/letter/{id}/test": ["to"],
    "POST /api/v1/letter/{id}/reject": ["note"],
    "POST /api/v1/alert": ["kind", "title", "text", "target"],
    "POST /api/v1/alert/{id}/reject": ["note"],
    "POST /api/v1/user": ["name", "role"],
    "POST /api/v1/token": ["name"],
    "POST /api/v1/store/backup": ["path"],
    "POST /api/v1/store/restore": ["path"],
}
REQUIRED_QUERY = {("/api/v1/why", "address")}
NO_KEY = {"POST /api/v1/store/backup", "POST /api/v1/store/restore", "POST /api/v1/token"}
# What is not JSON, and what a success is when it is not 200.
CONTENT = {
    "/api/v1/group/export": "text/csv",
    "/api/v1/audit/export": "application/x-ndjson",
    "/healthz": "text/plain",
    "/metrics": "text/plain",
    "/u/{token}": "text/html",
    "/feed/alerts.atom": "application/atom+xml",
    "/feed/exercises.atom": "application/atom+xml",
    "/feed/letters.atom": "application/atom+xml",
    "/feed/alerts/{id}": "text/html",
    "/feed/letters/{id}": "text/html",
    "/feed/calendar.ics": "text/calendar",
}
FILE = {"/u/{token}": "application/x-www-form-urlencoded", "/webhook/46elks/{token}": "application/x-www-form-urlencoded"}
STATUS = {
    "POST /api/v1/alert": "201",
    "POST /api/v1/alert/{id}/update": "201",
    "POST /api/v1/letter/{id}/test": "202",
    "POST /api/v1/store/restore": "202",
    "DELETE /api/v1/contact/{id}": "204",
    "DELETE /api/v1/meeting/{id}": "204",
}


STATES = ("pending", "claimed", "sent", "failed", "uncertain", "withdrawn", "expired")
# Answers that are described member by member: (method and pattern) -> schema below.
ANSWER = {"GET /api/v1/status": "Status", "GET /api/v1/delivery/{id}": "Delivery", "GET /api/v1/alert/{id}": "Alert",
          "POST /api/v1/alert": "Alert", **{"POST /api/v1/alert/{id}/" + verb: "Alert" for verb in (
              "update", "recall", "approve", "reject", "send", "discard")}}
N, B, S, T = "integer", "boolean", "string", "date-time"
ALERT_STATES = ("draft", "submitted", "active", "updated", "recalled", "expired", "discarded")
KINDS = ("burglary_ongoing", "fraud_elderly", "missing_person", "boat_theft", "machine_theft", "fire_setting", "vma_relay")
COUNTS = {state: N for state in STATES}
TARGET = {"municipalities": [S], "areas": [S], "groups": [S], "group_kinds": [S],
          "circle": {"lat": "number", "lon": "number", "radius_km": "number"}, "polygon": [["number"]]}
ALERT_ANSWER = {
    "id": S, "root": S, "type": ("alert", "update", "recall"), "state": ALERT_STATES, "kind": KINDS,
    "severity": ("extreme", "severe", "moderate", "minor", "unknown"),
    "urgency": ("immediate", "expected", "future", "past", "unknown"),
    "certainty": ("observed", "likely", "possible", "unlikely", "unknown"), "exercise": B, "life_danger": B,
    "classification": ("public", "ombud_and_households", "ombud_only"), "title": S, "text": S, "instruction": S,
    "title_en": S, "text_en": S, "area": S, "author": S, "content_hash": S, "approved_by": S,
    "approved_at": T, "override_reason": S, "note": S,
    "recipients": N, "groups": N, "groups_without_point": N, "target": TARGET, "municipalities": [{"code": S, "name": S}],
    "sample": [{"name": S, "group": S, "municipality": S}], "deferred_until": T, "expires_at": T, "created_at": T,
    "sent_at": T, "ended_at": T, "origin": S, "origin_id": S, "origin_url": S, "message": S,
    "sms": {"text": S, "length": N, "parts": N, "encoding": ("GSM-7", "UCS-2")}, "deliveries": COUNTS,
    "thread": [{"id": S, "type": ("alert", "update", "recall"), "state": ALERT_STATES, "title": S, "author": S,
                "sent_at": T, "recipients": N, "message": S}],
    "findings": [{"severity": ("block", "warn", "note"), "rule": S, "line": N, "column": N, "text": S, "sv": S, "en": S}],
    "dry_run": B, "needs_confirmation": B, "hold": B,
}
STATUS_ANSWER = {
    "version": S, "uptime_s": N, "store": {"version": N, "latest": N, "size_bytes": N},
    "hold": B, "hold_since": T, "hold_by": S, "hold_reason": S,
    "restored": {"id": S, "at": T, "file": S, "newest": T, "open": B},
    "queue": {lane: {"pending": N, "claimed": N, "oldest_due": T, "oldest_age_s": N, "queued": N, "per_minute": N,
                     "pace": "number"} for lane in ("alert", "personal", "letter")},
    "relays": [{"name": S, "state": ("ready", "probing", "paused", "standby"), "priority": N, "weight": N, "connections": N,
                "window": N, "sessions": N, "busy": N, "retry_in_ms": N, "problem": S, "sent": N, "failed": N, "retried": N,
                "uncertain": N, "our_fault": N, "untouched": N, "connects": N, "connect_failures": N, "per_minute": N}],
    "domains_waiting": {"count": N, "items": [{"domain": S, "retry_in_ms": N, "reply": S}]},
    "messages_paused": [{"id": S, "retry_in_ms": N, "reason": S}],
    "webhooks": {"endpoints": N, "failing": N, "disabled": N, "pending": N, "dead": N, "in_flight": N, "per_minute": N,
                 "since_start": {"delivered": N, "retry": N, "dead": N, "expired": N, "given_back": N, "disabled": N,
                                 "refused_addresses": N}},
    "running": [{"id": S, "kind": S, "title": S, "state": S, "letter": S, "created_at": T, "lane": S,
                 "alert": S, "exercise": B, "deliveries": COUNTS, "waiting": N, "next_try": T, "expected_end": T,
                 "expected_in_s": N, "expected_end_unknown": ("on_hold", "message_paused", "relays_paused", "expanding",
                                                              "waiting_for_retries", "nothing_moves")}],
    "alerts": [{"id": S, "type": ("alert", "update", "recall"), "kind": KINDS, "title": S, "exercise": B,
                "state": ALERT_STATES, "author": S, "recipients": N, "deferred_until": T, "expires_at": T, "sent_at": T,
                "message": S, "deliveries": COUNTS}],
    "letters": {"*": N}, "next_due": [{"id": S, "title": S, "period": S, "due_at": T}],
    "register": {"groups": N, "active_groups": N, "contacts": N},
    "loop_delay_ms": {"median": "number", "p99": "number"}, "problems": [S],
}
DELIVERY_ANSWER = {
    "id": S, "message": S, "address": S, "to_name": S, "municipality_code": S, "group": S, "lane": S, "state": tuple(STATES),
    "due_at": T, "attempts": N, "code": N, "status": S, "reply": S, "step": S, "relay": S, "created_at": T, "first_at": T,
    "last_at": T,
    "tries": [{"at": T, "result": ("sent", "retry", "failed", "uncertain", "not_counted"), "relay": S, "step": S, "code": N,
               "status": S, "reply": S}],
    "waits_for": [{"why": ("on_hold", "not_due", "message_paused", "domain_waits", "relay_paused", "in_hand",
                           "in_the_queue"), "text": S, "until": T}],
}


def shape(what):
    """The JSON schema of the short form above; what is not known or does not apply is null."""
    if isinstance(what, dict) and list(what) == ["*"]:
        return {"type": "object", "additionalProperties": shape(what["*"])}
    if isinstance(what, dict):
        return {"type": ["object", "null"], "properties": {name: shape(inner) for name, inner in what.items()}}
    if isinstance(what, list) and what == [["number"]]:
        return {"type": ["array", "null"], "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}}
    if isinstance(what, list):
        return {"type": ["array", "null"], "items": shape(what[0])}
    if isinstance(what, tuple):
        return {"enum": [*what, None]}
    return {"type": ["string", "null"], "format": T} if what == T else {"type": [what, "null"]}


def joined(literals):
    return "".join(json.loads(part) for part in re.findall(r"\"(?:[^\"\\]|\\.)*\"", literals))


class Sources:
    """The functions and constants of daemon/http, by file."""

    def __init__(self):
        self.files = {path: path.read_text("utf-8") for path in sorted(HTTP.glob("*.c"))}
        self.functions = {path: dict(FUNCTION.findall(text)) for path, text in self.files.items()}
        self.public = {}
        for functions in self.functions.values():
            self.public.update(functions)

    def routes(self):
        for path, text in self.files.items():
            for m in ROUTE.finditer(text):
                method, pattern, mode, permission, body, handler, summary = m.groups()
                yield path, method, pattern, permission, body, handler, joined(summary)

    def bodies(self, path, handler, seen=None):
        """The handler's text and those of what it calls, its own file's first."""
        seen = set() if seen is None else seen
        text = self.functions[path].get(handler)
        if text is None:
            path = next((p for p, functions in self.functions.items() if handler in functions), None)
            text = self.functions[path][handler] if path else None
        if text is None or handler in seen:
            return
        seen.add(handler)
        yield path, text
        for name in re.findall(r"(?<![\w.>])(\w+)\(", text):
            if name in self.functions[path] or name.startswith(("api_letter_", "api_alert_", "page_")):
                if name in self.public:
                    yield from self.bodies(path, name, seen)

    def names(self, path, handler, function):
        """What the handler gives to `function`: a literal, a constant, or a literal that it hands to a function between."""
        handed = None
        for where, text in self.bodies(path, handler):
            m = re.search(function + r"\(call,\s*" + TEXT + r"\)", text)
            if m:
                return joined(m.group(1)).split()
            m = re.search(function + r"\(call,\s*(\w+)\)", text)
            if m:
                value = re.search(r"\b" + m.group(1) + r"\[\]\s*=\s*" + TEXT, self.files[where]) or handed
                if not value:
                    raise SystemExit(f"{where.name}: {function} is given {m.group(1)}, which is neither constant nor handed on")
                return joined(value.group(1)).split()
            handed = re.search(r"\w+\(call, db, " + TEXT + r"[,)]", text) or handed
        return []


def member(name):
    if name == "addresses":
        return {"type": "array", "items": {"type": "string", "format": "email"}}
    if name == "target":
        return shape(TARGET) | {"type": "object", "additionalProperties": False}
    if name in INTEGER:
        return {"type": ["integer", "null"]}
    if name in BOOLEAN:
        return {"type": ["boolean", "null"] if name == "trained" else "boolean"}
    if name in TIME:
        return {"type": ["string", "null"], "format": "date-time"}
    return {"type": ["string", "null"]}


def parameters(pattern, query):
    for name in re.findall(r"\{(\w+)\}", pattern):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name in query:
        kind = "integer" if name in QUERY_INTEGER else "boolean" if name in QUERY_BOOLEAN else "string"
        out = {"name": name, "in": "query", "schema": {"type": kind}}
        if (pattern, name) in REQUIRED_QUERY:
            out["required"] = True
        yield out


def request_body(key, pattern, body, members):
    if body == "FILE":
        content = FILE.get(pattern, "text/csv")
        return {"required": content == "text/csv", "content": {content: {"schema": {"type": "string"}}}}
    schema = {"type": "object", "additionalProperties": False, "properties": {name: member(name) for name in members}}
    if key in REQUIRED:
        schema["required"] = REQUIRED[key]
    return {"required": key in REQUIRED, "content": {"application/json": {"schema": schema}}}


def success(method, pattern, key, is_list, source):
    status = STATUS.get(key) or ("201" if "call->status = 201" in source else "200")
    if status == "204":
        return status, {"description": "Done."}
    content = CONTENT.get(pattern, "application/json")
    schema = {"type": "string"}
    if content == "application/json":
        schema = {"$ref": "#/components/schemas/List"} if is_list else {"type": "object"}
        if key in ANSWER:
            schema = {"$ref": "#/components/schemas/" + ANSWER[key]}
    return status, {"description": "Made." if status == "201" else "Done.", "content": {content: {"schema": schema}}}


def operation(sources, path, method, pattern, permission, body, handler, summary):
    key = f"{method} {pattern}"
    source = "\n".join(text for _, text in sources.bodies(path, handler))
    query = sources.names(path, handler, "api_query_only")
    is_list = bool(re.search(r"api_list\(|\"items\"|whole_list\(", source))
    status, answer = success(method, pattern, key, is_list, source)
    out = {"summary": summary, "operationId": re.sub(r"\W+", "_", f"{method.lower()}{pattern}").strip("_")}
    out["parameters"] = list(parameters(pattern, query))
    if method == "POST" and permission != "0" and key not in NO_KEY:
        out["parameters"].append({"$ref": "#/components/parameters/IdempotencyKey"})
    if body != "NO_BODY":
        out["requestBody"] = request_body(key, pattern, body, sources.names(path, handler, "api_body_only"))
    out["responses"] = {status: answer}
    if pattern == "/u/{token}":
        out["responses"]["404"] = answer
    out["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    out["security"] = [] if permission == "0" else [{"bearer": []}]
    if permission != "0":
        out["x-permission"] = permission.removeprefix("PERM_").lower()
    return out


def components():
    text = {"type": "string"}
    return {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer",
                                       "description": "A token from \"grannbud token add\". On the Unix socket the "
                                                      "peer's uid decides and no token is needed."}},
        "parameters": {"IdempotencyKey": {"name": "Idempotency-Key", "in": "header", "schema": {
            "type": "string", "minLength": 1, "maxLength": 128}, "description": "A request that is sent again with "
            "the same key within seven days is answered again and not done again."}},
        "schemas": {
            "List": {"type": "object", "required": ["items", "next"], "properties": {
                "items": {"type": "array", "items": {"type": "object"}},
                "next": {"type": ["string", "null"], "description": "Give it back as ?after= for the next page."}}},
            "Status": shape(STATUS_ANSWER),
            "Delivery": shape(DELIVERY_ANSWER),
            "Alert": shape(ALERT_ANSWER),
            "Problem": {"type": "object", "description": "RFC 9457", "properties": {
                "type": text, "title": text, "status": {"type": "integer"}, "detail": text, "instance": text,
                "problems": {"type": "array", "items": {"type": "object"}}}},
        },
        "responses": {"Problem": {"description": "What is wrong, where, and what to do.", "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}},
    }


def main():
    sources = Sources()
    paths = {}
    for path, method, pattern, permission, body, handler, summary in sources.routes():
        paths.setdefault(pattern, {})[method.lower()] = operation(sources, path, method, pattern, permission, body,
                                                                  handler, summary)
    print(json.dumps({
        "openapi": "3.1.0",
        "info": {"title": "Grannbud", "version": "1", "description": "Ids are opaque, times RFC 3339 with offset, "
                 "members snake_case. What lies outside one's area is not found."},
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": components(),
    }, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
