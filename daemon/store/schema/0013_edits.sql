-- Version 13: meetings can be changed. Calendars take a change by SEQUENCE and LAST-MODIFIED (RFC 5545, 3.8.7).

ALTER TABLE meeting ADD COLUMN updated_at INTEGER; -- NULL: never
ALTER TABLE meeting ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
