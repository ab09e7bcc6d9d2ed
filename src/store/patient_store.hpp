#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace shelcaster::store {

/// A store before another one whose disk may be full, read-only or broken: a write that `may_wait`
/// is kept in memory then, is read from there as if it were stored, and goes to the disk in its
/// order as soon as that can be written. Every other write fails as the disk does.
class PatientStore final : public Store {
 public:
  /// `behind` outlives it.
  explicit PatientStore(Store& behind) : behind_(behind) {}

  base::Result<std::optional<Document>> get(const Key&) override;
  base::Result<std::vector<Document>> list(Collection, const std::string& scope) override;
  base::Result<std::vector<Event>> commit(const Write&) override;
  base::Result<std::vector<Event>> events(const std::string& show_id, std::uint64_t after,
                                          std::size_t limit) override;
  base::Result<std::uint64_t> last_event(const std::string& show_id) override;
  base::Result<std::optional<Answer>> answer(const std::string& key) override;
  base::Result<void> forget_answers(base::WallTime before) override;
  [[nodiscard]] Waiting waiting() const override { return {waiting_.size(), why_}; }
  void write_waiting() override;

  /// Bounds the memory: with so many that wait, the next one fails.
  static constexpr std::size_t kWaitingMax = 4'096;

 private:
  base::Result<std::vector<Event>> keep(const Write&);

  Store& behind_;
  std::deque<Write> waiting_;
  std::string why_;  // the last failure of the store behind
  // As they will be when all that waits is written.
  std::map<Key, std::optional<Document>> documents_;  // nothing: removed
  std::map<std::string, std::vector<Event>> events_;  // by show
  std::map<std::string, Answer> answers_;
};

}  // namespace shelcaster::store
