#include "store/sqlite/detail/event_log.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace shelcaster::store::detail {

namespace json = boost::json;

namespace {

/// Rows that a query for some kinds looks at in one step.
constexpr std::int64_t kLookedAtMax = 5'000;

std::int64_t clamp(std::uint64_t n) {
  return n > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(n);
}

constexpr const char* kOfAll =
    "SELECT number, at_unix_ms, kind, actor, data FROM events "
    "WHERE show_id = ?1 AND number > ?2 AND number <= ?3 "
    "AND (?5 = '[]' OR kind IN (SELECT value FROM json_each(?5))) ORDER BY number LIMIT ?4";
// Two walks over the index, so that other people's rows cost nothing.
constexpr const char* kOfOne =
    "SELECT * FROM ("
    "SELECT number, at_unix_ms, kind, actor, data FROM events "
    "WHERE show_id = ?1 AND audience = '*' AND number > ?2 AND number <= ?3 "
    "AND (?5 = '[]' OR kind IN (SELECT value FROM json_each(?5))) ORDER BY number LIMIT ?4) "
    "UNION ALL SELECT * FROM ("
    "SELECT number, at_unix_ms, kind, actor, data FROM events "
    "WHERE show_id = ?1 AND audience = ?6 AND number > ?2 AND number <= ?3 "
    "AND (?5 = '[]' OR kind IN (SELECT value FROM json_each(?5))) ORDER BY number LIMIT ?4) "
    "ORDER BY 1 LIMIT ?4";

/// Removes the oldest rows up to a number, and no more than `rows_max`.
base::Result<void> remove_oldest(Connection& db, const std::string& show, std::int64_t up_to,
                                 std::size_t rows_max) {
  std::int64_t last = 0;
  std::int64_t bytes = 0;
  {
    Statement read = db.prepare(
        "SELECT coalesce(max(number), 0), coalesce(sum(bytes), 0) FROM (SELECT number, bytes "
        "FROM events WHERE show_id = ?1 AND number <= ?2 ORDER BY number LIMIT ?3)");
    if (!read.ok()) return tl::unexpected(db.error("looking for old events"));
    read.bind(show).bind(up_to).bind(clamp(rows_max));
    if (read.step() != SQLITE_ROW) return tl::unexpected(db.error("looking for old events"));
    last = read.number(0);
    bytes = read.number(1);
  }
  Statement remove = db.prepare("DELETE FROM events WHERE show_id = ?1 AND number <= ?2");
  if (!remove.ok() || remove.bind(show).bind(last).step() != SQLITE_DONE) {
    return tl::unexpected(db.error("removing old events"));
  }
  Statement count = db.prepare(
      "UPDATE event_counters SET bytes = CASE WHEN ?2 = 0 THEN 0 ELSE bytes - ?3 END "
      "WHERE show_id = ?1");
  if (!count.ok() || count.bind(show).bind(last).bind(bytes).step() != SQLITE_DONE) {
    return tl::unexpected(db.error("removing old events"));
  }
  return {};
}

/// Removes what a log has too much, and an eighth of what it may have, so that one at its limit
/// isn't shortened with each event.
base::Result<void> shorten(Connection& db, const std::string& show, std::int64_t bytes,
                           const Retention& retention) {
  std::int64_t up_to = 0;
  {
    Statement read = db.prepare(
        "SELECT coalesce(max(number), 0) FROM (SELECT number, sum(bytes) OVER (ORDER BY number) "
        "- bytes AS bytes_before FROM (SELECT number, bytes FROM events WHERE show_id = ?1 "
        "ORDER BY number LIMIT ?3)) WHERE bytes_before < ?2");
    if (!read.ok()) return tl::unexpected(db.error("measuring a log"));
    const std::int64_t wanted = bytes - retention.event_bytes_max + retention.event_bytes_max / 8;
    read.bind(show).bind(wanted).bind(clamp(retention.rows_max));
    if (read.step() != SQLITE_ROW) return tl::unexpected(db.error("measuring a log"));
    up_to = read.number(0);
  }
  return remove_oldest(db, show, up_to, retention.rows_max);
}

/// Removes rows that are too old, from the first one on. `known` is one of them: where the clock
/// was set back there are younger ones before it, which go too.
base::Result<void> remove_expired(Connection& db, const std::string& show, std::int64_t known,
                                  const Retention& retention) {
  std::int64_t up_to = 0;
  {
    Statement read = db.prepare(
        "SELECT coalesce(max(number), 0) FROM (SELECT number, at_unix_ms FROM events "
        "WHERE show_id = ?1 ORDER BY number LIMIT ?3) WHERE at_unix_ms < ?2");
    if (!read.ok()) return tl::unexpected(db.error("looking for old events"));
    read.bind(show).bind(retention.events_before.unix_ms()).bind(clamp(retention.rows_max));
    if (read.step() != SQLITE_ROW) return tl::unexpected(db.error("looking for old events"));
    up_to = read.number(0);
  }
  return remove_oldest(db, show, std::max(up_to, known), retention.rows_max);
}

/// The first row of a query with one text and one number; nothing when there is none.
base::Result<std::optional<std::pair<std::string, std::int64_t>>> first_row(Connection& db,
                                                                            const char* sql,
                                                                            std::int64_t bound) {
  Statement read = db.prepare(sql);
  if (!read.ok()) return tl::unexpected(db.error("looking for what is old"));
  const int result = read.bind(bound).step();
  if (result == SQLITE_DONE) return std::nullopt;
  if (result != SQLITE_ROW) return tl::unexpected(db.error("looking for what is old"));
  return std::pair(read.text(0), read.number(1));
}

base::Result<void> remove_answers(Connection& db, const char* sql, std::string_view show,
                                  std::int64_t before, std::size_t rows_max) {
  Statement remove = db.prepare(sql);
  if (!remove.ok()) return tl::unexpected(db.error("forgetting answers"));
  remove.bind(show).bind(before).bind(clamp(rows_max));
  if (remove.step() != SQLITE_DONE) return tl::unexpected(db.error("forgetting answers"));
  return {};
}

base::Result<void> tidy_ended(Connection& db, const std::string& show, std::size_t rows_max) {
  return db.transaction([&]() -> base::Result<void> {
    if (auto done = remove_oldest(db, show, INT64_MAX, rows_max); !done) return done;
    if (auto done = remove_answers(db,
                                   "DELETE FROM answers WHERE key IN (SELECT key FROM answers "
                                   "WHERE show_id = ?1 AND at_unix_ms < ?2 LIMIT ?3)",
                                   show, INT64_MAX, rows_max);
        !done) {
      return done;
    }
    Statement end = db.prepare(
        "DELETE FROM event_counters WHERE show_id = ?1 "
        "AND NOT EXISTS (SELECT 1 FROM events WHERE show_id = ?1) "
        "AND NOT EXISTS (SELECT 1 FROM answers WHERE show_id = ?1)");
    if (!end.ok() || end.bind(show).step() != SQLITE_DONE) {
      return tl::unexpected(db.error("forgetting a show's log"));
    }
    return {};
  });
}

}  // namespace

base::Result<void> append(Connection& db, Event& event) {
  const std::string data = json::serialize(event.data);
  {
    Statement count = db.prepare(
        "INSERT INTO event_counters VALUES (?1, 1, 0, 0) ON CONFLICT (show_id) "
        "DO UPDATE SET last = last + 1 RETURNING last");
    if (!count.ok() || count.bind(event.show_id).step() != SQLITE_ROW) {
      return tl::unexpected(db.error("numbering an event"));
    }
    event.number = static_cast<std::uint64_t>(count.number(0));
  }
  std::int64_t bytes = 0;
  {
    Statement write = db.prepare("INSERT INTO events VALUES (?,?,?,?,?,?,?) RETURNING bytes");
    if (!write.ok()) return tl::unexpected(db.error("appending an event"));
    write.bind(event.show_id).bind(clamp(event.number)).bind(event.at.unix_ms()).bind(event.kind);
    if (write.bind(event.actor).bind(data).bind(audience_of(event)).step() != SQLITE_ROW) {
      return tl::unexpected(db.error("appending an event"));
    }
    bytes = write.number(0);
  }
  Statement measure = db.prepare("UPDATE event_counters SET bytes = bytes + ?2 WHERE show_id = ?1");
  if (!measure.ok() || measure.bind(event.show_id).bind(bytes).step() != SQLITE_DONE) {
    return tl::unexpected(db.error("measuring a log"));
  }
  return {};
}

base::Result<void> end_show(Connection& db, const std::string& show_id) {
  Statement mark = db.prepare(
      "INSERT INTO event_counters VALUES (?1, 0, 0, 1) ON CONFLICT (show_id) "
      "DO UPDATE SET is_ended = 1");
  if (!mark.ok() || mark.bind(show_id).step() != SQLITE_DONE) {
    return tl::unexpected(db.error("ending a show's log"));
  }
  return {};
}

base::Result<EventPage> read_events(Connection& db, const EventQuery& query) {
  const auto range = read_range(db, query.show_id);
  if (!range) return tl::unexpected(range.error());
  const std::int64_t after = clamp(query.after);
  const bool is_filtered = !query.kinds.empty();
  const std::int64_t up_to =
      is_filtered && after < INT64_MAX - kLookedAtMax ? after + kLookedAtMax : INT64_MAX;
  Statement read = db.prepare(query.seen_by ? kOfOne : kOfAll);
  if (!read.ok()) return tl::unexpected(db.error("reading events"));
  read.bind(query.show_id).bind(after).bind(up_to).bind(clamp(query.limit));
  read.bind(json::serialize(json::value_from(query.kinds)));
  if (query.seen_by) read.bind(*query.seen_by);
  EventPage page;
  page.next = query.after;
  std::size_t bytes = 0;
  int result = SQLITE_ROW;
  while ((result = read.step()) == SQLITE_ROW) {
    const std::string text = read.text(4);
    bytes += text.size();
    if (!page.events.empty() && bytes > query.bytes_max) {
      page.is_last = false;
      return page;
    }
    auto data = object_of(text);
    if (!data) data = json::object{{"problem", "this row can't be read: " + data.error().message}};
    page.events.push_back({query.show_id, static_cast<std::uint64_t>(read.number(0)),
                           base::WallTime::from_unix_ms(read.number(1)), read.text(2), read.text(3),
                           std::move(*data)});
    page.next = page.events.back().number;
  }
  if (result != SQLITE_DONE) return tl::unexpected(db.error("reading events"));
  if (page.events.size() >= query.limit) {
    page.is_last = page.next >= range->last;
  } else if (is_filtered) {
    page.is_last = clamp(range->last) <= up_to;
    page.next = std::max(page.next, std::min(range->last, static_cast<std::uint64_t>(up_to)));
  }
  return page;
}

base::Result<EventRange> read_range(Connection& db, const std::string& show_id) {
  Statement read = db.prepare(
      "SELECT (SELECT min(number) FROM events WHERE show_id = ?1), "
      "(SELECT last FROM event_counters WHERE show_id = ?1)");
  if (!read.ok() || read.bind(show_id).step() != SQLITE_ROW) {
    return tl::unexpected(db.error("reading what is kept of a log"));
  }
  const auto oldest = static_cast<std::uint64_t>(read.number(0));  // 0 for none
  const auto last = static_cast<std::uint64_t>(read.number(1));
  return EventRange{oldest == 0 ? last + 1 : oldest, last};
}

base::Result<bool> tidy(Connection& db, const Retention& retention) {
  const auto ended =
      first_row(db, "SELECT show_id, last FROM event_counters WHERE is_ended = ?1 LIMIT 1", 1);
  if (!ended) return tl::unexpected(ended.error());
  if (*ended) {
    auto done = tidy_ended(db, (*ended)->first, retention.rows_max);
    if (!done) return tl::unexpected(done.error());
    return true;
  }
  const auto old = first_row(
      db, "SELECT show_id, number FROM events WHERE at_unix_ms < ?1 ORDER BY at_unix_ms LIMIT 1",
      retention.events_before.unix_ms());
  if (!old) return tl::unexpected(old.error());
  const auto large =
      first_row(db, "SELECT show_id, bytes FROM event_counters WHERE bytes > ?1 LIMIT 1",
                retention.event_bytes_max);
  if (!large) return tl::unexpected(large.error());
  base::Result<void> done;
  if (*old || *large) {
    done = db.transaction([&] {
      return *old ? remove_expired(db, (*old)->first, (*old)->second, retention)
                  : shorten(db, (*large)->first, (*large)->second, retention);
    });
  }
  if (!done) return tl::unexpected(done.error());
  const auto answer =
      first_row(db, "SELECT key, at_unix_ms FROM answers WHERE at_unix_ms < ?1 LIMIT 1",
                retention.answers_before.unix_ms());
  if (!answer) return tl::unexpected(answer.error());
  if (*answer) {
    done = db.transaction([&] {
      return remove_answers(db,
                            "DELETE FROM answers WHERE key IN (SELECT key FROM answers "
                            "WHERE ?1 = '' AND at_unix_ms < ?2 LIMIT ?3)",
                            "", retention.answers_before.unix_ms(), retention.rows_max);
    });
    if (!done) return tl::unexpected(done.error());
  }
  return old->has_value() || large->has_value() || answer->has_value();
}

}  // namespace shelcaster::store::detail
