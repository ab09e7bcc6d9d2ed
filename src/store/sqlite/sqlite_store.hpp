#pragma once

#include <filesystem>
#include <memory>

#include "store/store.hpp"

namespace shelcaster::store {

namespace detail {
class Connection;
}

/// The store port over one SQLite file: WAL, synchronous=FULL, so that a commit that returned is on
/// the disk. One connection, one thread; a second process that writes waits up to 5 s, then fails.
class SqliteStore final : public Store {
 public:
  /// Makes the file (mode 0600: it holds stream keys) or brings an older schema up to this one. A
  /// file of a newer program is refused.
  static base::Result<std::unique_ptr<SqliteStore>> open(const std::filesystem::path&);
  ~SqliteStore() override;

  base::Result<std::optional<Document>> get(const Key&) override;
  base::Result<std::vector<Document>> list(Collection, const std::string& scope) override;
  base::Result<std::vector<Document>> page(Collection, const std::string& scope,
                                           const std::string& after, std::size_t limit) override;
  base::Result<std::vector<Version>> versions(Collection, const std::string& scope) override;
  base::Result<std::size_t> count(Collection, const std::string& scope) override;
  base::Result<std::vector<Event>> commit(const Write&) override;
  base::Result<EventPage> events(const EventQuery&) override;
  base::Result<EventRange> event_range(const std::string& show_id) override;
  base::Result<std::optional<Answer>> answer(const std::string& key) override;
  base::Result<bool> tidy(const Retention&) override;

  [[nodiscard]] std::string danger() const override;

 private:
  explicit SqliteStore(std::unique_ptr<detail::Connection>);
  std::unique_ptr<detail::Connection> connection_;
};

}  // namespace shelcaster::store
