#pragma once

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
  base::Result<std::vector<Event>> commit(const Write&) override;
  base::Result<std::vector<Event>> events(const std::string& show_id, std::uint64_t after,
                                          std::size_t limit) override;
  base::Result<std::uint64_t> last_event(const std::string& show_id) override;
  base::Result<std::optional<Answer>> answer(const std::string& key) override;
  base::Result<void> forget_answers(base::WallTime before) override;

  /// While set, every commit fails with it: a full or broken disk.
  std::string commit_error;

 private:
  std::map<Key, Document> documents_;
  std::map<std::string, std::vector<Event>> events_;
  std::map<std::string, Answer> answers_;
};

}  // namespace shelcaster::store
