# Turns the .sql files into C text, so that SQL can be written, commented and read as SQL.
#
#   mode=queries  every statement opens with "-- name: the_name [scoped]" and becomes
#                 QUERY(THE_NAME, scoped, "the_name", "text"); {scope COLUMN} becomes the test that COLUMN's
#                 municipality lies within the acting person's scope, whose kind is $1 and whose code is $2.
#                 {whole ALIAS} is the test that a group or person is not of an import that is still being written.
#                 {lock} is where PostgreSQL's driver locks claimed rows; SQLite has one writer and needs none.
#   mode=schema   every file NNNN_name.sql becomes MIGRATION(NNNN, "name", "text").
#
# Comment lines go away; the text keeps its line breaks, so that an error message points somewhere.

function quote(s) {
    gsub(/\\/, "\\\\", s)
    gsub(/"/, "\\\"", s)
    return "\"" s "\\n\""
}

function expand(s,   before, column) {
    gsub(/\{lock\}/, "", s)
    while (match(s, /\{whole [a-z]+\}/)) {
        column = substr(s, RSTART + 7, RLENGTH - 8) ".created_at"
        s = substr(s, 1, RSTART - 1) "(" column \
            " IS DISTINCT FROM (SELECT rs.stamp FROM register_staging AS rs))" substr(s, RSTART + RLENGTH)
    }
    while (match(s, /\{scope [a-z_.]+\}/)) {
        before = substr(s, 1, RSTART - 1)
        column = substr(s, RSTART + 7, RLENGTH - 8)
        s = before "(" column " IN (SELECT sm.municipality_code FROM scope_municipality AS sm" \
            " WHERE sm.kind = $1 AND sm.code = $2))" substr(s, RSTART + RLENGTH)
        if (!scoped) {
            print FILENAME ":" FNR ": {scope ...} in a statement that is not marked scoped" > "/dev/stderr"
            exit 1
        }
    }
    return s
}

function finish() {
    if (open)
        print ")"
    open = 0
}

mode == "schema" && FNR == 1 {
    finish()
    n = split(FILENAME, path, "/")
    name = path[n]
    number = substr(name, 1, 4) + 0
    sub(/^[0-9]+_/, "", name)
    sub(/\.sql$/, "", name)
    printf "MIGRATION(%d, \"%s\",\n", number, name
    open = 1
}

mode == "queries" && /^-- name: / {
    finish()
    scoped = ($4 == "scoped") ? 1 : 0
    printf "QUERY(%s, %d, \"%s\",\n", toupper($3), scoped, $3
    open = 1
    next
}

/^[ \t]*--/ || /^[ \t]*$/ { next }

{
    sub(/[ \t]+-- .*$/, "")
    if (!open) {
        print FILENAME ":" FNR ": SQL before the first \"-- name:\" line" > "/dev/stderr"
        exit 1
    }
    print quote(expand($0))
}

END { finish() }
