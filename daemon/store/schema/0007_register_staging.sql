-- Version 7: a large register is written in several transactions. What it adds stands aside until the last of them: no
-- statement for people or letters sees a group or person of this stamp ({whole ...}).
CREATE TABLE register_staging (
    one      INTEGER PRIMARY KEY CHECK (one = 1), -- one import at a time
    stamp    INTEGER NOT NULL,     -- created_at of its groups and persons
    first_id INTEGER NOT NULL,     -- their ids lie from here
    last_id  INTEGER NOT NULL      -- to here
) STRICT;
