#pragma once

#include <array>

namespace shelcaster::store::detail {

// Each entry brings the schema from its index to the next version. Never change one that was
// released.
inline constexpr std::array kMigrations = {
    R"(CREATE TABLE documents (
         collection TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL,
         version INTEGER NOT NULL, body TEXT NOT NULL,
         PRIMARY KEY (collection, scope, id)) STRICT, WITHOUT ROWID;
       CREATE TABLE events (
         show_id TEXT NOT NULL, number INTEGER NOT NULL, at_unix_ms INTEGER NOT NULL,
         kind TEXT NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL,
         PRIMARY KEY (show_id, number)) STRICT, WITHOUT ROWID;
       CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
         BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
       CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
         BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
       CREATE TABLE answers (
         key TEXT PRIMARY KEY NOT NULL, request_digest TEXT NOT NULL, status INTEGER NOT NULL,
         body TEXT NOT NULL, at_unix_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
       CREATE INDEX answers_by_age ON answers (at_unix_ms);)",
    // The log is kept for a time, and its numbers are a counter's. Rows say whose business they are
    // and name nobody; answers hold no tokens. What deleted shows had left goes.
    R"(DROP TRIGGER events_are_never_changed;
       DROP TRIGGER events_are_never_deleted;
       ALTER TABLE events ADD COLUMN audience TEXT NOT NULL DEFAULT '';
       UPDATE events SET audience = '*' WHERE substr(kind, 1, 5) = 'show_';
       UPDATE events SET audience = CAST(coalesce(json_extract(data, '$.participantId'), '') AS TEXT),
                         data = json_remove(data, '$.username')
         WHERE substr(kind, 1, 5) <> 'show_' AND instr(data, '"participantId"') > 0
           AND json_valid(data);
       CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
         BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
       CREATE INDEX events_by_audience ON events (show_id, audience, number);
       CREATE INDEX events_by_age ON events (at_unix_ms);
       CREATE TABLE event_counters (
         show_id TEXT PRIMARY KEY NOT NULL, last INTEGER NOT NULL, bytes INTEGER NOT NULL,
         is_ended INTEGER NOT NULL) STRICT, WITHOUT ROWID;
       INSERT INTO event_counters
         SELECT show_id, max(number), sum(length(data)),
                NOT EXISTS (SELECT 1 FROM documents WHERE collection = 'shows' AND id = show_id)
         FROM events GROUP BY show_id;
       ALTER TABLE answers ADD COLUMN show_id TEXT NOT NULL DEFAULT '';
       CREATE INDEX answers_by_show ON answers (show_id);
       DELETE FROM answers WHERE instr(body, 'oken') > 0;)",
    // A log is bounded by what its rows take: in the table and in both indexes, with 60 bytes of
    // numbers and record headers, and a third more since pages are split and not full. Of whoever
    // asks with Idempotency-Keys a number of answers is kept. What there is of documents is looked
    // up without them: a walk over the table reads each body to know whether it is the last one.
    R"(ALTER TABLE events ADD COLUMN bytes INTEGER GENERATED ALWAYS AS (
         (60 + 3 * length(CAST(show_id AS BLOB)) + 2 * length(CAST(audience AS BLOB)) +
          length(CAST(kind AS BLOB)) + length(CAST(actor AS BLOB)) +
          length(CAST(data AS BLOB))) * 4 / 3) VIRTUAL;
       UPDATE event_counters SET bytes =
         coalesce((SELECT sum(e.bytes) FROM events e WHERE e.show_id = event_counters.show_id), 0);
       ALTER TABLE answers ADD COLUMN holder TEXT NOT NULL DEFAULT '';
       CREATE INDEX answers_by_holder ON answers (holder, at_unix_ms);
       CREATE INDEX documents_by_version ON documents (collection, scope, id, version);)"};

}  // namespace shelcaster::store::detail
