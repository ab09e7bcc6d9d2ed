#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace shelcaster::control {

/// A store before another one, into whose commits a test may come, whose reads it may fail, and
/// which counts.
class HookedStore final : public store::Store {
 public:
  /// `behind` outlives it.
  explicit HookedStore(store::Store& behind) : behind_(behind) {}

  /// Called before each commit; with an error that one fails.
  std::function<base::Result<void>(const store::Write&)> before_commit;
  /// Not empty: with this every read of a document fails.
  std::string read_error;

  /// Round trips, as a store far away would have them.
  struct Trips {
    int reads = 0;
    int commits = 0;
    bool operator==(const Trips&) const = default;
    friend void PrintTo(const Trips& counted, std::ostream* out) {
      *out << counted.reads << " reads, " << counted.commits << " commits";
    }
  };
  Trips trips;

  base::Result<std::vector<store::Event>> commit(const store::Write& write) override {
    ++trips.commits;
    if (before_commit) {
      if (auto done = before_commit(write); !done) return tl::unexpected(done.error());
    }
    return behind_.commit(write);
  }
  base::Result<std::optional<store::Document>> get(const store::Key& key) override {
    ++trips.reads;
    if (!read_error.empty()) return base::fail(read_error);
    return behind_.get(key);
  }
  base::Result<store::Found> read(const store::Reading& wanted) override {
    ++trips.reads;
    if (!read_error.empty()) return base::fail(read_error);
    return behind_.read(wanted);
  }
  base::Result<std::vector<store::Document>> list(store::Collection collection,
                                                  const std::string& scope) override {
    ++trips.reads;
    if (!read_error.empty()) return base::fail(read_error);
    return behind_.list(collection, scope);
  }
  base::Result<std::vector<store::Document>> page(store::Collection collection,
                                                  const std::string& scope,
                                                  const std::string& after,
                                                  std::size_t limit) override {
    ++trips.reads;
    return behind_.page(collection, scope, after, limit);
  }
  base::Result<std::vector<store::Version>> versions(store::Collection collection,
                                                     const std::string& scope) override {
    ++trips.reads;
    return behind_.versions(collection, scope);
  }
  base::Result<std::size_t> count(store::Collection collection, const std::string& scope) override {
    ++trips.reads;
    return behind_.count(collection, scope);
  }
  base::Result<store::EventPage> events(const store::EventQuery& query) override {
    ++trips.reads;
    return behind_.events(query);
  }
  base::Result<store::EventRange> event_range(const std::string& show) override {
    ++trips.reads;
    return behind_.event_range(show);
  }
  base::Result<std::optional<store::Answer>> answer(const std::string& key) override {
    ++trips.reads;
    return behind_.answer(key);
  }
  base::Result<bool> tidy(const store::Retention& retention) override {
    return behind_.tidy(retention);
  }

 private:
  store::Store& behind_;
};

}  // namespace shelcaster::control
