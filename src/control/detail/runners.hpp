#pragma once

#include <map>
#include <memory>
#include <string_view>

#include "control/detail/runner.hpp"

namespace shelcaster::control::detail {

/// The Runners of this process, one a show that is on the air or on its way there or off it: hands
/// on what comes for them.
class Runners {
 public:
  explicit Runners(RunnerParts parts) : parts_(parts) {}

  /// Takes up the shows that an earlier process left running.
  void recover();
  /// Never throws, as all that comes from a doorbell or an Ask.
  void handle_ring(const studio::ShowId&, Changed);
  void handle_question(const Question&);
  void handle_link(const studio::ShowId&, const link::KeeperToServe&);
  void handle_link_closed(const studio::ShowId&);
  void handle_stage_exit(const studio::ShowId&);
  void handle_tick();

 private:
  /// Held while it works: what it commits may end its show.
  using Held = std::shared_ptr<Runner>;

  /// nullptr: the show has none.
  [[nodiscard]] Held find(const studio::ShowId&) const;
  /// As the show's document says: makes its Runner, or lets it go.
  Held look(const studio::ShowId&, Begins);
  /// Of one show; what fails is this show's matter only.
  template <typename Work>
  void with(const studio::ShowId&, Work work);

  RunnerParts parts_;
  std::map<studio::ShowId, Held> runners_;
  std::optional<base::Instant> looked_at_;
};

}  // namespace shelcaster::control::detail
