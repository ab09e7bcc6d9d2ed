#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "app/serve/disk_thread.hpp"
#include "app/serve/recording_limits.hpp"
#include "app/serve/recording_shelf.hpp"
#include "control/ports.hpp"

namespace shelcaster::app {

/// The shelf of recordings, on the thread of its disk. Control thread only.
class Recordings final : public control::Recordings {
 public:
  using OnEnd = std::function<void(const studio::ShowId&, const std::string& recording_id,
                                   control::RecordingEnd why)>;

  Recordings(DiskThread& disk, RecordingShelf shelf, const control::Clock& clock)
      : disk_(disk), shelf_(std::make_shared<RecordingShelf>(std::move(shelf))), clock_(clock) {}

  /// Before the first tick: who is told what was removed by itself.
  void on_end(OnEnd on_end) { on_end_ = std::move(on_end); }

  void list(const studio::ShowId&, const control::RecordingQuery&,
            Tell<control::RecordingPage>) override;
  void find(const studio::ShowId&, std::string_view id,
            Tell<std::optional<control::Recording>>) override;
  void remove(const studio::ShowId&, std::string_view id, Tell<control::RecordingRemoval>) override;

  /// Each tick: looks at the limits when it is time.
  void handle_tick();

 private:
  /// `ask` is called on the disk's thread, and its answer told on this one.
  template <typename Answer, typename Question>
  void ask(Question ask, Tell<Answer> tell);
  [[nodiscard]] RecordingShelf::Moment moment() const { return {clock_.now(), clock_.wall()}; }

  DiskThread& disk_;
  const std::shared_ptr<RecordingShelf> shelf_;  // touched on the disk's thread alone
  const control::Clock& clock_;
  OnEnd on_end_;
  bool is_tidying_ = false;
  base::Instant tidy_at_;
};

}  // namespace shelcaster::app
