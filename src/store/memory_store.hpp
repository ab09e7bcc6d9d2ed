#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace shelcaster::store {

/// The store port over maps, for tests and simulations: the same answers, nothing durable.
class MemoryStore final : public Store {
 public:
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

  /// While set, every commit fails with it: a full or broken disk.
  std::string commit_error;
  /// What danger() says.
  std::string in_danger;
  [[nodiscard]] std::string danger() const override { return in_danger; }
  [[nodiscard]] const std::map<std::string, Answer>& answers() const { return answers_; }

 private:
  void remember(const Answer&);

  std::map<Key, Document> documents_;
  struct Log {
    std::deque<Event> events;
    std::uint64_t last = 0;
    bool is_ended = false;
  };
  std::map<std::string, Log> logs_;
  std::map<std::string, Answer> answers_;
};

}  // namespace shelcaster::store
