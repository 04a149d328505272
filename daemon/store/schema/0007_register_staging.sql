-- Version 7: a large register is written in several transactions. What it adds stands aside until the last of them: no
-- statement for people or letters sees a group or person of this stamp ({whole ...}).
CREATE TABLE register_staging (
    one      INTEGER PRIMARY KEY CHECK (one = 1), -- one import at a time
    stamp    INTEGER NOT NULL,     -- created_at of its groups and persons
    first_id INTEGER NOT NULL,     -- their ids lie from here
    last_id  INTEGER NOT NULL      -- to here
) STRICT;

-- The audience of a letter is walked through municipality by municipality in the order of ids.
CREATE INDEX contact_municipality ON contact (municipality_code);
-- Lists of groups are in this order.
CREATE INDEX watch_group_name ON watch_group (municipality_code, name_key);

-- How many groups and persons there are, kept by triggers, so that nobody has to count them. What is staged counts from
-- the moment that it is seen.
CREATE TABLE register_tally (
    municipality_code TEXT PRIMARY KEY REFERENCES municipality (code),
    groups        INTEGER NOT NULL,
    active_groups INTEGER NOT NULL,
    contacts      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO register_tally (municipality_code, groups, active_groups, contacts)
SELECT m.code, (SELECT count(*) FROM watch_group AS g WHERE g.municipality_code = m.code),
       (SELECT count(*) FROM watch_group AS g WHERE g.municipality_code = m.code AND g.state = 'active'),
       (SELECT count(*) FROM contact AS c WHERE c.municipality_code = m.code)
FROM municipality AS m;
CREATE TRIGGER register_tally_municipality AFTER INSERT ON municipality BEGIN
    INSERT INTO register_tally (municipality_code, groups, active_groups, contacts) VALUES (NEW.code, 0, 0, 0);
END;
CREATE TRIGGER register_tally_group AFTER INSERT ON watch_group
WHEN NEW.created_at IS DISTINCT FROM (SELECT rs.stamp FROM register_staging AS rs) BEGIN
    UPDATE register_tally SET groups = groups + 1, active_groups = active_groups + (NEW.state = 'active')
    WHERE municipality_code = NEW.municipality_code;
END;
CREATE TRIGGER register_tally_move AFTER UPDATE OF state ON watch_group WHEN NEW.state <> OLD.state BEGIN
    UPDATE register_tally SET active_groups = active_groups + (NEW.state = 'active') - (OLD.state = 'active')
    WHERE municipality_code = NEW.municipality_code;
END;
CREATE TRIGGER register_tally_contact AFTER INSERT ON contact
WHEN NEW.created_at IS DISTINCT FROM (SELECT rs.stamp FROM register_staging AS rs) BEGIN
    UPDATE register_tally SET contacts = contacts + 1 WHERE municipality_code = NEW.municipality_code;
END;
CREATE TRIGGER register_tally_gone AFTER DELETE ON contact
WHEN OLD.created_at IS DISTINCT FROM (SELECT rs.stamp FROM register_staging AS rs) BEGIN
    UPDATE register_tally SET contacts = contacts - 1 WHERE municipality_code = OLD.municipality_code;
END;

-- Who is protected, which every look at a delivery asks: few.
CREATE INDEX contact_protected ON contact (id) WHERE protected = 1;
